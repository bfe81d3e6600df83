// SPDX-License-Identifier: MIT
//
// record_table.c - numbered records in the profile, see record_table.h.
#include "preload/record_table.h"

#include "preload/profile_writer.h"
#include "preload/spinlock.h"

#include <string.h>

static struct spinlock growth_lock; // one for all tables: growth is rare

static bool add_chunk(struct record_table *table, uint32_t index)
{
    uint32_t count = 1u << table->chunk_shift;
    struct profile_chunk *chunk =
        profile_writer_add(table->type, table->record_bytes, (size_t)count * table->record_bytes,
                           index * count + 1, 0);

    if (chunk)
        atomic_publish(&table->chunks[index], (char *)profile_chunk_payload(chunk));
    return chunk != NULL;
}

static cold bool ensure_chunk(struct record_table *table, uint32_t index)
{
    bool is_there;

    if (!spinlock_take(&growth_lock)) {
        profile_drop(PROFILE_DROP_CONTENDED);
        return false;
    }
    is_there = atomic_get_acquire(&table->chunks[index]) || add_chunk(table, index);
    spinlock_give(&growth_lock);
    return is_there;
}

void *record_table_reserve(struct record_table *table, enum profile_drop full, uint32_t *ret_id)
{
    uint32_t index = atomic_get(&table->reserved);

    do {
        if (index >> table->chunk_shift >= table->chunk_count) {
            profile_drop(full);
            return NULL;
        }
        if (!atomic_get_acquire(&table->chunks[index >> table->chunk_shift]) &&
            !ensure_chunk(table, index >> table->chunk_shift))
            return NULL;
    } while (!atomic_swap_if(&table->reserved, &index, index + 1));
    *ret_id = index + 1;
    return record_table_at(table, index + 1);
}

void record_table_reset(struct record_table *table)
{
    memset(table->chunks, 0, table->chunk_count * sizeof(table->chunks[0]));
    table->reserved = 0;
    growth_lock.is_taken = 0;
}
