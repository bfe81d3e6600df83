// SPDX-License-Identifier: MIT
//
// keyed_table.c - see keyed_table.h. Open addressing over indices, at most half full.
#include "report/diff/keyed_table.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 256u

static const char *record_at(const struct keyed_table *table, uint32_t index)
{
    return (const char *)table->records + (size_t)index * table->record_bytes;
}

static uint32_t hash_of(const void *key, size_t bytes)
{
    uint64_t hash = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < bytes; i += sizeof(uint32_t)) {
        uint32_t word;
        memcpy(&word, (const char *)key + i, sizeof(word));
        hash = (hash ^ word) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    }
    return (uint32_t)hash;
}

// Where the key is, or the free slot where it goes.
static uint32_t slot_of(const struct keyed_table *table, const void *key)
{
    uint32_t mask = table->slot_count - 1;
    uint32_t slot = hash_of(key, table->key_bytes) & mask;
    while (table->slots[slot] != 0 &&
           memcmp(record_at(table, table->slots[slot] - 1), key, table->key_bytes) != 0)
        slot = (slot + 1) & mask;
    return slot;
}

static int grow_slots(struct keyed_table *table)
{
    uint32_t count = table->slot_count ? 2 * table->slot_count : SLOTS_FIRST;
    uint32_t *slots = count ? calloc(count, sizeof(*slots)) : NULL;
    if (!slots)
        return -1;
    free(table->slots);
    table->slots = slots;
    table->slot_count = count;
    for (uint32_t i = 0; i < table->count; i++)
        table->slots[slot_of(table, record_at(table, i))] = i + 1;
    return 0;
}

static int grow_records(struct keyed_table *table)
{
    uint32_t room = table->room ? 2 * table->room : 64;
    void *records = room > table->room ? realloc(table->records, room * table->record_bytes) : NULL;
    if (!records)
        return -1;
    table->records = records;
    table->room = room;
    return 0;
}

uint32_t keyed_table_find(const struct keyed_table *table, const void *key)
{
    return table->slot_count ? table->slots[slot_of(table, key)] - 1 : KEYED_NONE;
}

uint32_t keyed_table_get(struct keyed_table *table, const void *key)
{
    if (table->count >= table->slot_count / 2 && grow_slots(table) != 0)
        return KEYED_NONE;
    uint32_t slot = slot_of(table, key);
    if (table->slots[slot] != 0)
        return table->slots[slot] - 1;
    if (table->count == table->room && grow_records(table) != 0)
        return KEYED_NONE;
    char *record = (char *)table->records + (size_t)table->count * table->record_bytes;
    memset(record, 0, table->record_bytes);
    memcpy(record, key, table->key_bytes);
    table->slots[slot] = ++table->count;
    return table->count - 1;
}

void keyed_table_clear(struct keyed_table *table)
{
    if (table->slots)
        memset(table->slots, 0, table->slot_count * sizeof(*table->slots));
    table->count = 0;
}

void keyed_table_release(struct keyed_table *table)
{
    free(table->records);
    free(table->slots);
    table->records = NULL;
    table->slots = NULL;
    table->count = table->room = table->slot_count = 0;
}
