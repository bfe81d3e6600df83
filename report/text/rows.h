// SPDX-License-Identifier: MIT
//
// rows.h - the heap's sites, leaks and threads added up by the user's place they come from: what a
// table for people has a row for. Hidden ones are left out.
#ifndef GAIAPROF_ROWS_H
#define GAIAPROF_ROWS_H

#include "report/formats/view.h"
#include "report/model/profile.h"

struct heap_row {
    const struct place *place;
    struct heap_counts counts;
    uint32_t worst_stack; // the stack with most of what rows are sorted by
    int64_t worst_value;
    size_t stacks;
};

struct heap_rows {
    struct profile *profile;
    struct heap_row *rows;
    size_t row_count;
    uint32_t *site_rows;      // by site: number of its row before sorting
    struct heap_counts shown; // sum of all rows
};

// Value of a sort key.
int64_t heap_value(const struct heap_counts *counts, enum sort_by by);

int heap_rows_init(struct heap_rows *rows, struct profile *profile);

// Rows by falling value, those of value 0 left out: -ENOMEM, or 0 and an array of pointers. Sets
// the worst_* fields for this key.
int heap_rows_sort(struct heap_rows *rows, enum sort_by by, struct heap_row ***ret_sorted,
                   size_t *ret_count);

// Where one row's stacks come from: the next of the user's functions outwards.
struct caller_row {
    const struct place *place; // NULL: there is none
    int64_t value;
};

int caller_rows_make(const struct heap_rows *rows, const struct heap_row *row, enum sort_by by,
                     struct caller_row **ret_rows, size_t *ret_count);

// --- leaks

struct leak_row {
    const struct place *place;
    int64_t blocks, bytes, indirect_blocks, indirect_bytes;
    int64_t grown_blocks, grown_bytes;
    int64_t first_ns, last_ns; // -1: unknown
    uint32_t worst_stack;      // the stack with most of what rows are sorted by
    int64_t worst_value;
    size_t stacks;
};

// Value of a sort key: bytes and blocks are those that are lost with them, too.
int64_t leak_row_value(const struct leak_row *row, enum sort_by by);

// Of one class, what is suppressed left out; by falling value.
int leak_rows_make(struct profile *profile, uint32_t class, enum sort_by by,
                   struct leak_row **ret_rows, size_t *ret_count);

// --- threads

struct thread_row {
    const struct place *place; // NULL: not created by pthread_create
    int64_t created, joined, detached, leaked, running, cpu_ns;
    int64_t suppressed_leaked, suppressed_running; // of leaked, and of running
};

int thread_rows_make(struct profile *profile, enum sort_by by, struct thread_row **ret_rows,
                     size_t *ret_count);

#endif
