// SPDX-License-Identifier: MIT
//
// leak_ranges.h - sets of addresses: what is to be scanned, and what is not. Ranges are added in
// any order; leak_ranges_sort() makes them ascending and disjoint, which the other functions ask
// for.
#ifndef GAIAPROF_LEAK_RANGES_H
#define GAIAPROF_LEAK_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct leak_range {
    uint64_t start, end; // end: one past
};

struct leak_ranges {
    struct leak_range *ranges;
    size_t count, room;
    bool out_of_memory; // something could not be added
};

void leak_ranges_release(struct leak_ranges *set);

// Nothing is added where start >= end.
void leak_ranges_add(struct leak_ranges *set, uint64_t start, uint64_t end);
void leak_ranges_sort(struct leak_ranges *set);

// Appends what of `from` is not in `without`; both sorted, and so is what is appended.
void leak_ranges_subtract(struct leak_ranges *ret_set, const struct leak_ranges *from,
                          const struct leak_ranges *without);

// The range around an address. NULL: none.
const struct leak_range *leak_ranges_find(const struct leak_ranges *set, uint64_t address);

#endif
