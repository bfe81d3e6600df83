// SPDX-License-Identifier: MIT
//
// view.h - what part of a profile a report shows, and in which order. A new view is a row of the
// table in view.c.
#ifndef GAIAPROF_VIEW_H
#define GAIAPROF_VIEW_H

#include <stdbool.h>
#include <stddef.h>

enum view_table {
    TABLE_ALLOCATIONS = 1,
    TABLE_LIVE = 2,
    TABLE_PEAK = 4,
    TABLE_TEMPORARY = 8,
    TABLE_LOCKS = 16,         // by waiters
    TABLE_THREADS = 32,       // one row a thread
    TABLE_THREAD_CREATE = 64, // one row a creation place
    TABLE_HOLDERS = 128,
    TABLE_ORDER = 256, // and deadlocks
    TABLE_MISUSE = 512,
    TABLE_LEAKS = 1024, // all classes but reachable
    TABLE_REACHABLE = 2048,
    TABLE_HEAP_MISUSE = 4096,
    TABLE_TIMELINE = 8192,
};
#define TABLES_LOCKS (TABLE_LOCKS | TABLE_HOLDERS | TABLE_ORDER | TABLE_MISUSE)
#define TABLES_LEAKS (TABLE_LEAKS | TABLE_REACHABLE)
#define TABLES_HEAP (TABLE_ALLOCATIONS | TABLE_LIVE | TABLE_PEAK | TABLE_TEMPORARY)

struct view {
    const char *name;
    unsigned tables; // enum view_table; 0: not recorded by this version
    const char *help;
    const char *samples; // name of its struct sample_view; NULL: it is none
};

enum sort_by {
    SORT_DEFAULT,
    SORT_BYTES,
    SORT_BLOCKS,
    SORT_LIVE,
    SORT_PEAK,
    SORT_TEMPORARY,
    SORT_WAIT,
    SORT_COUNT,
    SORT_LEAKED,
    SORT_CPU,
    SORT_GROWTH,
};

struct sort_key {
    const char *name;
    enum sort_by by;
    unsigned tables; // that can be sorted by it
};

extern const struct view views[];         // ends with name NULL
extern const struct sort_key sort_keys[]; // ends with name NULL

const struct view *view_find(const char *name);         // NULL: no such view
const struct sort_key *sort_key_find(const char *name); // NULL: no such key

// The key a table is sorted by when `wanted` is asked for.
enum sort_by sort_for_table(const struct sort_key *wanted, enum view_table table);

#endif
