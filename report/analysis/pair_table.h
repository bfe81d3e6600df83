// SPDX-License-Identifier: MIT
//
// pair_table.h - from two numbers to one: edges of the call graph, children in the call tree. There
// can be millions, one for each frame of each stack is looked up.
#ifndef GAIAPROF_PAIR_TABLE_H
#define GAIAPROF_PAIR_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct pair_slot {
    uint32_t first, second;
    uint32_t value; // 0: an empty slot
};

struct pair_table { // all zero at first
    struct pair_slot *slots;
    size_t room, count;
};

// Where the value of a pair is; it is 0 where the pair is new, and then must be set before the next
// call. NULL without memory.
uint32_t *pair_table_at(struct pair_table *table, uint32_t first, uint32_t second);
void pair_table_release(struct pair_table *table);

#endif
