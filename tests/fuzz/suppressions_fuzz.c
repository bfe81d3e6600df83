// SPDX-License-Identifier: MIT
//
// suppressions_fuzz.c - any bytes are a file of suppressions that is refused, with a reason, or
// applied to a profile that has something to suppress of each kind.
#include "report/model/suppressions.h"
#include "tests/fuzz/profile_input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// The path of a file with the input, which takes the place of the one before.
static const char *file_with(const uint8_t *data, size_t size)
{
    static char path[64];
    static int file = -1;
    if (file < 0) {
        file = memfd_create("input", MFD_CLOEXEC);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    }
    if (ftruncate(file, 0) != 0 || pwrite(file, data, size, 0) != (ssize_t)size)
        abort();
    return path;
}

static void apply(struct suppressions *suppressions)
{
    if (suppressions_apply(suppressions, profile_with_all()) != 0)
        abort();
}

// The input is a pattern and a text as well.
static void match(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    char *line_end = text ? strchr(text, '\n') : NULL;
    if (line_end) {
        *line_end = '\0';
        suppression_matches(text, line_end + 1);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct suppressions suppressions;
    const char *why = NULL;
    int error = suppressions_load(&suppressions, file_with(data, size), &why);
    if (error && (error == -ENOMEM || !why || !*why))
        abort();
    if (!error) {
        apply(&suppressions);
        suppressions_release(&suppressions);
    }
    match(data, size);
    return 0;
}
