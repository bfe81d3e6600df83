// SPDX-License-Identifier: MIT
//
// range_index.h - "which item covers this address?" over many address ranges that may nest or
// overlap: the range that starts last wins, among equal starts the one of the highest order. Filled
// first, sorted once, then asked. Used for symbols, compilation units, functions and inlined calls.
#ifndef GAIAPROF_SYMBOLIZE_RANGE_INDEX_H
#define GAIAPROF_SYMBOLIZE_RANGE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct range {
    uint64_t low, high; // high is one past
    uint64_t reach;     // highest `high` of this range and all before it, after the sort
    uint32_t order;
    uint32_t item;
};

struct range_index {
    struct range *ranges;
    size_t count, capacity;
};

// False without memory. Empty ranges are left out.
bool range_index_add(struct range_index *index, uint64_t low, uint64_t high, uint32_t order,
                     uint32_t item);
void range_index_sort(struct range_index *index);

// NULL if nothing covers `address`.
const struct range *range_index_find(const struct range_index *index, uint64_t address);

void range_index_release(struct range_index *index);

// Makes room for one more element of `element_bytes` in a growing array. False without memory, or
// when a count would not fit 32 bits.
bool grow_array(void **elements, size_t count, size_t *capacity, size_t element_bytes);

#endif
