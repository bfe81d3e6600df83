// SPDX-License-Identifier: MIT
//
// profile_lock_records.c - copies the records about locks out of the file, of any version.
#include "report/model/profile_lock_parts.h"

#include <errno.h>
#include <string.h>

#define LOCK_BYTES_V1 128
#define WAIT_BYTES_V1 64

// Where a record has an id, its `next`, which is the writer's, makes room for it.
#define LIST(TYPE, STRUCT, KEY, LEAST, ID_OFF)                                                     \
    {                                                                                              \
        .type = (TYPE), .key_bytes = sizeof(((struct STRUCT *)0)->KEY),                            \
        .bytes = sizeof(struct STRUCT), .bytes_least = (LEAST), .id_off = (ID_OFF)                 \
    }
#define LIST_OF(TYPE, STRUCT, KEY) LIST(TYPE, STRUCT, KEY, sizeof(struct STRUCT), 0)

static const struct lock_records no_records = {
    .locks = LIST(PROFILE_CHUNK_LOCKS, profile_lock, address, LOCK_BYTES_V1,
                  offsetof(struct profile_lock, next)),
    .waits = LIST(PROFILE_CHUNK_LOCK_WAITS, profile_lock_wait, lock, WAIT_BYTES_V1,
                  offsetof(struct profile_lock_wait, next)),
    .cells = LIST_OF(PROFILE_CHUNK_LOCK_CELLS, profile_lock_cell, lock),
    .pairs = LIST_OF(PROFILE_CHUNK_LOCK_PAIRS, profile_lock_pair, wait),
    .nestings =
        LIST(PROFILE_CHUNK_LOCK_NESTINGS, profile_lock_nesting, lock,
             sizeof(struct profile_lock_nesting), offsetof(struct profile_lock_nesting, next)),
    .misuses = LIST_OF(PROFILE_CHUNK_LOCK_MISUSES, profile_lock_misuse, kind),
    .deadlocks = LIST_OF(PROFILE_CHUNK_DEADLOCKS, profile_deadlock_link, deadlock),
    .order = LIST_OF(PROFILE_CHUNK_ORDER, profile_order_edge, circle),
};

static int load_chunk(struct record_list *list, struct region *region,
                      const struct profile_reader *reader, const struct profile_span *span)
{
    uint64_t count = profile_span_records(span, list->bytes_least);
    size_t bytes = span->record_bytes < list->bytes ? span->record_bytes : list->bytes;
    char record[256] __attribute__((aligned(8))) = {0};
    for (uint64_t i = 0; i < count; i++) {
        if (!profile_reader_record(reader, span, i, list->key_bytes, record, bytes))
            continue;
        if (list->id_off) {
            uint32_t id = span->first_id + (uint32_t)i;
            memcpy(record + list->id_off, &id, sizeof(id));
        }
        void *to = region_push(region, &list->records, &list->count, &list->room, list->bytes);
        if (!to)
            return -ENOMEM;
        memcpy(to, record, list->bytes);
    }
    return 0;
}

static_assert(sizeof(struct profile_lock) <= 256, "fits the copy");
static_assert(sizeof(struct profile_lock_wait) <= 256, "fits the copy");

// What is referred to is published before what refers to it: so it is read after it.
int lock_records_load(struct lock_records *records, struct profile_reader *reader)
{
    *records = no_records;
    struct record_list *lists[] = {&records->cells,   &records->pairs,     &records->nestings,
                                   &records->misuses, &records->deadlocks, &records->order,
                                   &records->waits,   &records->locks};
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
        for (struct profile_span span = {0}; profile_reader_next(reader, &span);)
            if (span.type == lists[i]->type &&
                load_chunk(lists[i], &records->scratch, reader, &span) != 0)
                return -ENOMEM;
    return 0;
}
