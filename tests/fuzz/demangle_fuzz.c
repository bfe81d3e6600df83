// SPDX-License-Identifier: MIT
//
// demangle_fuzz.c - any text is the name of a symbol: demangled, and cut down to what people call
// it.
#include "report/model/function_name.h"
#include "symbolize/demangle.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need_bounds(const char *shown)
{
    size_t length = 0, shown_length = strlen(shown);
    const char *name = function_short_name(shown, &length);
    if (shown_length > SHOWN_MAX || name < shown || length > shown_length ||
        name + length > shown + shown_length)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    char *name = strndup((const char *)data, size);
    if (!name)
        abort();
    need_bounds(name);
    need_bounds(demangle(&arena, name));
    arena_release(&arena);
    free(name);
    return 0;
}
