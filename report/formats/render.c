// SPDX-License-Identifier: MIT
//
// render.c - the table of formats, and the words they share.
#include "report/formats/render.h"

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
    [PROFILE_DROP_ORDER_LIMIT] = "order_limit",
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
    static const char *const names[PROFILE_LOCK_KIND_COUNT] = {
        [PROFILE_LOCK_MUTEX] = "mutex",     [PROFILE_LOCK_RWLOCK] = "rwlock",
        [PROFILE_LOCK_SPIN] = "spin",       [PROFILE_LOCK_SEMAPHORE] = "semaphore",
        [PROFILE_LOCK_ONCE] = "once",       [PROFILE_LOCK_CONDITION] = "condition",
        [PROFILE_LOCK_BARRIER] = "barrier", [PROFILE_LOCK_JOIN] = "join",
        [PROFILE_LOCK_FUTEX] = "futex",
    };
    return kind < PROFILE_LOCK_KIND_COUNT ? names[kind] : "lock";
}

const char *misuse_kind_name(uint32_t kind)
{
    static const char *const names[PROFILE_MISUSE_COUNT] = {
        [PROFILE_MISUSE_UNLOCK_UNHELD] = "unlock of an unheld lock",
        [PROFILE_MISUSE_UNLOCK_FOREIGN] = "unlock of another thread's lock",
        [PROFILE_MISUSE_DESTROY_HELD] = "destroyed while held",
        [PROFILE_MISUSE_DESTROY_WAITED] = "destroyed while waited on",
        [PROFILE_MISUSE_EXIT_HOLDING] = "thread ended holding it",
        [PROFILE_MISUSE_FREED] = "used in freed memory",
        [PROFILE_MISUSE_WAIT_UNHELD] = "condition wait without the mutex",
    };
    return kind < PROFILE_MISUSE_COUNT && names[kind] ? names[kind] : "misuse";
}

const char *order_kind_name(enum order_kind kind)
{
    static const char *const names[] = {
        [ORDER_DEADLOCK] = "deadlock",
        [ORDER_POTENTIAL] = "potential deadlock",
        [ORDER_INCONSISTENCY] = "order inconsistency",
    };
    return names[kind];
}
