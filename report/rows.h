// SPDX-License-Identifier: MIT
//
// rows.h - the heap's sites and the threads added up by the user's place they come from: what a
// table for people has a row for. Hidden ones are left out.
#ifndef GAIAPROF_ROWS_H
#define GAIAPROF_ROWS_H

#include "report/profile.h"
#include "report/view.h"

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

struct thread_row {
    const struct place *place; // NULL: not created by pthread_create
    int64_t created, joined, detached, leaked, running, cpu_ns;
};

int thread_rows_make(struct profile *profile, enum sort_by by, struct thread_row **ret_rows,
                     size_t *ret_count);

#endif
