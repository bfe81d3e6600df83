// SPDX-License-Identifier: MIT
//
// benchmarks_fuzz.c - any bytes are what a Go benchmark printed, up to a NUL before, behind it
// after a change: read and compared.
#include "report/diff/diff_text.h"
#include "tests/fuzz/profile_input.h"

#include <stdlib.h>
#include <string.h>

static size_t add(struct metrics *metrics, const uint8_t *data, size_t size, unsigned side)
{
    char *text = malloc(size ? size : 1); // no NUL behind it, as in a mapped file
    if (!text)
        abort();
    memcpy(text, data, size);
    size_t count = metrics_add_benchmarks(metrics, text, size, side);
    free(text);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct metrics metrics = {.tables = ~0u};
    struct diff_request words = {.names = {"old", "new"}, .alpha = 0.05};
    const uint8_t *nul = memchr(data, 0, size);
    size_t old = nul ? (size_t)(nul - data) : size;
    add(&metrics, data, old, 0);
    add(&metrics, data + old, size - old, 1);
    metrics_print_statistics(&metrics, &words, nowhere());
    metrics.fields = true;
    metrics_print_statistics(&metrics, &words, nowhere());
    metrics_print_totals(&metrics, nowhere());
    if (metrics.failed)
        abort();
    metrics_release(&metrics);
    return 0;
}
