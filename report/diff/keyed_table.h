// SPDX-License-Identifier: MIT
//
// keyed_table.h - records that are found by the bytes they begin with: what sums are kept in. A
// record is named by its index, which stays; the records themselves move when one is added.
#ifndef GAIAPROF_KEYED_TABLE_H
#define GAIAPROF_KEYED_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define KEYED_NONE UINT32_MAX

struct keyed_table {
    size_t record_bytes, key_bytes; // to be set; a key is of whole 4 bytes, without padding
    void *records;
    uint32_t count, room;
    uint32_t *slots; // 1 + index
    uint32_t slot_count;
};

// The index of the record with the key; a new one is 0 but for its key. KEYED_NONE without memory.
uint32_t keyed_table_get(struct keyed_table *table, const void *key);

// KEYED_NONE: there is none.
uint32_t keyed_table_find(const struct keyed_table *table, const void *key);

// Forgets the records.
void keyed_table_clear(struct keyed_table *table);
void keyed_table_release(struct keyed_table *table);

#endif
