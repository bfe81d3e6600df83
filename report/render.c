// SPDX-License-Identifier: MIT
//
// render.c - the table of formats, and the words they share.
#include "report/render.h"

#include <string.h>

const struct render_format render_formats[] = {
    {"text", "tables for people (the default)", render_text},
    {"json", "everything, for programs; schema 1", render_json},
    {NULL, NULL, NULL},
};

const char *const drop_names[PROFILE_DROP_COUNT] = {
    [PROFILE_DROP_NESTED] = "nested",
    [PROFILE_DROP_BEFORE_START] = "before_start",
    [PROFILE_DROP_PROFILE_FULL] = "profile_full",
    [PROFILE_DROP_MEMORY] = "memory",
    [PROFILE_DROP_STACK_LIMIT] = "stack_limit",
    [PROFILE_DROP_REUSED] = "reused",
    [PROFILE_DROP_CONTENDED] = "contended",
};

const struct render_format *render_format_find(const char *name)
{
    for (const struct render_format *format = render_formats; format->name; format++)
        if (strcmp(format->name, name) == 0)
            return format;
    return NULL;
}

const char *lock_kind_name(uint32_t kind)
{
    return kind == PROFILE_LOCK_MUTEX ? "mutex" : "lock";
}
