// SPDX-License-Identifier: MIT
//
// cell_table.h - the heap counters (struct profile_cell) of one thread slot, found by stack. Only
// the slot's thread uses it, so nothing here is atomic.
#ifndef GAIAPROF_CELL_TABLE_H
#define GAIAPROF_CELL_TABLE_H

#include "preload/profile_format.h"

#include <stdbool.h>
#include <stddef.h>

// Open addressing with linear probing over pointers to cells; at most half full. All zero: empty.
struct cell_table {
    struct profile_cell **index;
    size_t capacity; // power of two
    size_t count;
    struct profile_cell *fresh; // unused cells of the current chunk
    size_t fresh_count;
};

// The second half of a cell of a sampled heap.
static inline struct profile_cell_samples *cell_samples(struct profile_cell *cell)
{
    return &((struct profile_sampled_cell *)cell)->samples;
}

static inline uint32_t cell_stack(const struct profile_cell *cell)
{
    return cell->stack & PROFILE_CELL_STACK_MASK;
}

// As far as this cell knows: heap_misuse.h.
static inline enum profile_family cell_family(const struct profile_cell *cell)
{
    return (enum profile_family)(cell->stack >> PROFILE_CELL_FAMILY_SHIFT);
}

// When it allocated, of a cell of an exact heap.
static inline struct profile_cell_times *cell_times(const struct profile_cell *cell)
{
    uintptr_t page = (uintptr_t)cell & ~(uintptr_t)(PROFILE_CELLS_BYTES - 1);
    const struct profile_cell *first = (const void *)(page + sizeof(struct profile_chunk));

    return (struct profile_cell_times *)(first + PROFILE_CELLS_COUNT) + (cell - first);
}

// The cell of a stack, made if it is new. NULL, counted as dropped, when there is no room.
struct profile_cell *cell_table_get(struct cell_table *table, uint32_t slot, uint32_t stack);

#endif
