// SPDX-License-Identifier: MIT
//
// render.c - the table of formats, and the words they share. What this build is without is said by
// CMake: GAIAPROF_HTML_OFF and GAIAPROF_PPROF_OFF are NULL or the reason.
#include "report/formats/render.h"

#include <string.h>

const struct render_format render_formats[] = {
    {"text", "tables for people (the default)", FORMAT_REPORT, render_text, NULL, NULL},
    {"json", "everything, for programs; schema 1", FORMAT_REPORT, render_json, NULL, NULL},
    {"html", "a page for a browser, in one file", FORMAT_REPORT, render_html, ".html",
     GAIAPROF_HTML_OFF},
    {"pprof", "for go tool pprof: a file for each view", FORMAT_VIEW, render_pprof, ".pb.gz",
     GAIAPROF_PPROF_OFF},
    {"folded", "one line a stack, for flamegraph.pl", FORMAT_VALUE, render_folded, NULL, NULL},
    {"speedscope", "for speedscope", FORMAT_VIEWS, render_speedscope, NULL, NULL},
    {"callgrind", "for KCachegrind", FORMAT_VIEW, render_callgrind, NULL, NULL},
    {"tree", "the call tree, with shares", FORMAT_VALUE, render_tree, NULL, NULL},
    {"peek", "callers and callees of functions", FORMAT_VALUE, render_peek, NULL, NULL},
    {"list", "annotated source of functions", FORMAT_VALUE, render_list, NULL, NULL},
    {"dot", "the call graph, for graphviz", FORMAT_VALUE, render_dot, NULL, NULL},
    {.name = NULL},
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
