// SPDX-License-Identifier: MIT
//
// record_table.h - records of one kind in the profile, numbered from 1, in chunks that are added as
// ids reach them. Ids and chunks are handed out without a lock; a record belongs to the thread
// that reserved it until it publishes it.
#ifndef GAIAPROF_RECORD_TABLE_H
#define GAIAPROF_RECORD_TABLE_H

#include "preload/compiler.h"
#include "preload/profile_format.h"

#include <stddef.h>

struct record_table {
    enum profile_chunk_type type;
    unsigned record_bytes;
    unsigned chunk_shift; // a chunk has 1 << chunk_shift records
    unsigned chunk_count; // length of chunks[]; ids beyond are refused
    char **chunks;        // payloads
    uint32_t reserved;    // ids handed out
};

// Defines a table for at most `chunks` << `shift` records of struct `record`.
#define RECORD_TABLE(name, chunk_type, record, shift, chunks_max)                                  \
    static char *name##_chunks[chunks_max];                                                        \
    static struct record_table name = {                                                            \
        .type = (chunk_type),                                                                      \
        .record_bytes = sizeof(struct record),                                                     \
        .chunk_shift = (shift),                                                                    \
        .chunk_count = (chunks_max),                                                               \
        .chunks = name##_chunks,                                                                   \
    }

// Reserves a zeroed record. NULL, with the loss counted (as `full` where the table has no more
// ids), when there is no room. Any thread.
void *record_table_reserve(struct record_table *table, enum profile_drop full, uint32_t *ret_id);

// A record by an id that was reserved.
static inline void *record_table_at(const struct record_table *table, uint32_t id)
{
    uint32_t index = id - 1;
    char *chunk = atomic_get_acquire(&table->chunks[index >> table->chunk_shift]);

    return chunk + (size_t)(index & ((1u << table->chunk_shift) - 1)) * table->record_bytes;
}

// In a child made by fork: no records.
void record_table_reset(struct record_table *table);

#endif
