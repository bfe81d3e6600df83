// SPDX-License-Identifier: MIT
//
// view.c - the tables of views and sort keys.
#include "report/formats/view.h"

#include <string.h>

const struct view views[] = {
    {"all",
     TABLES_HEAP | TABLE_LOCKS | TABLE_ORDER | TABLE_MISUSE | TABLE_THREAD_CREATE | TABLE_LEAKS |
         TABLE_HEAP_MISUSE | TABLE_TIMELINE,
     "everything (the default)", NULL},
    {"leaks", TABLE_LEAKS | TABLE_HEAP_MISUSE, "blocks nothing points to any more, wrong frees",
     "leaks"},
    {"reachable", TABLE_REACHABLE, "live blocks that something still points to", "reachable"},
    {"heap", TABLES_HEAP, "allocs, inuse, peak and temporary", "heap"},
    {"allocs", TABLE_ALLOCATIONS, "every allocation, freed or not", "allocs"},
    {"inuse", TABLE_LIVE, "blocks not freed when the report is made", "heap"},
    {"peak", TABLE_PEAK, "what was live when most memory was", "peak"},
    {"temporary", TABLE_TEMPORARY, "blocks freed before their thread's next allocation",
     "temporary"},
    {"block", TABLE_LOCKS, "time waited, by lock and waiting stack", "block"},
    {"mutex", TABLE_HOLDERS, "who made others wait for locks, by stack of the unlock", "mutex"},
    {"order", TABLE_ORDER | TABLE_MISUSE, "deadlocks, locks taken in circles, misuse of locks",
     NULL},
    {"threads", TABLE_THREADS, "every thread", NULL},
    {"threadcreate", TABLE_THREAD_CREATE, "threads by the place that created them", "threadcreate"},
    {"goroutine", TABLE_THREAD_CREATE, "those that run, by that place (Go's name for it)",
     "goroutine"},
    {"cpu", 0, NULL, "cpu"},
    {"timeline", TABLE_TIMELINE, "memory, threads, rates and waits over time", NULL},
    {.name = NULL},
};

const struct sort_key sort_keys[] = {
    {"bytes", SORT_BYTES, TABLES_HEAP | TABLES_LEAKS | TABLE_THREADS},
    {"blocks", SORT_BLOCKS, TABLES_HEAP | TABLES_LEAKS | TABLE_THREADS},
    {"growth", SORT_GROWTH, TABLES_LEAKS},
    {"live", SORT_LIVE, TABLES_HEAP},
    {"peak", SORT_PEAK, TABLES_HEAP},
    {"temporary", SORT_TEMPORARY, TABLES_HEAP},
    {"wait", SORT_WAIT, TABLE_LOCKS | TABLE_HOLDERS | TABLE_THREADS},
    {"count", SORT_COUNT, TABLE_LOCKS | TABLE_HOLDERS | TABLE_THREAD_CREATE},
    {"leaked", SORT_LEAKED, TABLE_THREAD_CREATE},
    {"cpu", SORT_CPU, TABLE_THREADS | TABLE_THREAD_CREATE},
    {NULL, SORT_DEFAULT, 0},
};

static const struct {
    enum view_table table;
    enum sort_by by;
} defaults[] = {
    {TABLE_ALLOCATIONS, SORT_BYTES},    {TABLE_LIVE, SORT_LIVE},    {TABLE_PEAK, SORT_PEAK},
    {TABLE_TEMPORARY, SORT_TEMPORARY},  {TABLE_LOCKS, SORT_WAIT},   {TABLE_THREADS, SORT_DEFAULT},
    {TABLE_THREAD_CREATE, SORT_LEAKED}, {TABLE_HOLDERS, SORT_WAIT}, {TABLE_LEAKS, SORT_BYTES},
    {TABLE_REACHABLE, SORT_BYTES},
};

const struct view *view_find(const char *name)
{
    for (const struct view *view = views; view->name; view++)
        if (strcmp(view->name, name) == 0)
            return view;
    return NULL;
}

const struct sort_key *sort_key_find(const char *name)
{
    for (const struct sort_key *key = sort_keys; key->name; key++)
        if (strcmp(key->name, name) == 0)
            return key;
    return NULL;
}

enum sort_by sort_for_table(const struct sort_key *wanted, enum view_table table)
{
    if (wanted && (wanted->tables & table))
        return wanted->by;
    for (size_t i = 0; i < sizeof(defaults) / sizeof(*defaults); i++)
        if (defaults[i].table == table)
            return defaults[i].by;
    return SORT_DEFAULT;
}
