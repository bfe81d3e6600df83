// SPDX-License-Identifier: MIT
//
// pair_table.c - open addressing, at most half full.
#include "report/analysis/pair_table.h"

#include <stdlib.h>

#define ROOM_LEAST 1024

// The room is a power of two.
static struct pair_slot *find(const struct pair_table *table, uint32_t first, uint32_t second)
{
    uint64_t key = (uint64_t)first << 32 | second;
    key = (key ^ key >> 29) * 0x9e3779b97f4a7c15;
    for (size_t at = key >> 32;; at++) {
        struct pair_slot *slot = &table->slots[at & (table->room - 1)];
        if (slot->value == 0 || (slot->first == first && slot->second == second))
            return slot;
    }
}

static int grow(struct pair_table *table)
{
    struct pair_table larger = {.room = table->room ? 2 * table->room : ROOM_LEAST};
    larger.slots = calloc(larger.room, sizeof(*larger.slots));
    if (!larger.slots)
        return -1;
    for (size_t i = 0; i < table->room; i++) {
        const struct pair_slot *slot = &table->slots[i];
        if (slot->value != 0)
            *find(&larger, slot->first, slot->second) = *slot;
    }
    larger.count = table->count;
    free(table->slots);
    *table = larger;
    return 0;
}

uint32_t *pair_table_at(struct pair_table *table, uint32_t first, uint32_t second)
{
    if (2 * (table->count + 1) > table->room && grow(table) != 0)
        return NULL;
    struct pair_slot *slot = find(table, first, second);
    if (slot->value == 0) {
        slot->first = first;
        slot->second = second;
        table->count++;
    }
    return &slot->value;
}

void pair_table_release(struct pair_table *table)
{
    free(table->slots);
    *table = (struct pair_table){0};
}
