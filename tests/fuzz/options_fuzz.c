// SPDX-License-Identifier: MIT
//
// options_fuzz.c - every line of the input is a variable of the environment. What comes out are
// options within their bounds; what is refused is said in one printable line each. Where it is
// said, __wrap_sys_write_all() looks at it (the linker's --wrap).
#include "preload/options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define VARIABLES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void __wrap_sys_write_all(int fd, const void *data, size_t bytes);

static void need(bool kept)
{
    if (!kept)
        abort();
}

void __wrap_sys_write_all(int fd, const void *data, size_t bytes)
{
    const char *text = data;
    need(fd == 2 && bytes > 10 && memcmp(text, "gaiaprof: ", 10) == 0);
    for (size_t i = 0; i < bytes - 1; i++)
        need((unsigned char)text[i] >= ' ' && text[i] != 0x7f);
    need(text[bytes - 1] == '\n');
}

static unsigned choice_count(const char *choices)
{
    unsigned count = 1;
    for (; (choices = strchr(choices, '|')); choices++)
        count++;
    return count;
}

static void need_bounds(void)
{
#define OPTION_STRING(key, text, help) need(memchr(options.key, '\0', sizeof(options.key)));
#define OPTION_ENUM(key, text, choices, help) need(options.key < choice_count(choices));
#define OPTION_COUNT(key, number, low, high, help)                                                 \
    need(options.key - (uint64_t)(low) <= (uint64_t)(high) - (low));
#define OPTION_ENUM_OR_SIZE(key, size, text, choices, low, high, help)                             \
    need(options.key < choice_count(choices)                                                       \
             ? options.size == 0                                                                   \
             : options.key == choice_count(choices) && options.size >= (low) &&                    \
                   options.size <= (high));
#include "preload/options.def"
#undef OPTION_STRING
#undef OPTION_ENUM
#undef OPTION_COUNT
#undef OPTION_ENUM_OR_SIZE
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *environment[VARIABLES_MAX + 1] = {0};
    char *text = malloc(size + 1);
    need(text);
    memcpy(text, data, size);
    text[size] = '\0';
    size_t count = 0;
    for (char *rest = text, *line; (line = strsep(&rest, "\n")) && count < VARIABLES_MAX;)
        environment[count++] = line;
    options_read(environment);
    need_bounds();
    free(text);
    return 0;
}
