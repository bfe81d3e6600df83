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
    size_t chunk_cells; // cells of the current chunk
};

// The second half of a cell of a sampled heap.
static inline struct profile_cell_samples *cell_samples(struct profile_cell *cell)
{
    return &((struct profile_sampled_cell *)cell)->samples;
}

// The cell of a stack, made if it is new. NULL, counted as dropped, when there is no room.
struct profile_cell *cell_table_get(struct cell_table *table, uint32_t slot, uint32_t stack);

#endif
