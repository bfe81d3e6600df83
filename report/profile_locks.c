// SPDX-License-Identifier: MIT
//
// profile_locks.c - locks with the stacks that waited for them.
#include "report/profile_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

struct wait_record {
    uint32_t lock;
    struct lock_wait wait;
};

struct wait_list {
    struct wait_record *records;
    size_t count, room;
};

static int load_locks(struct profile *profile, const struct profile_reader *reader,
                      const struct profile_span *span, size_t *room)
{
    uint64_t count = profile_span_records(span, sizeof(struct profile_lock));
    for (uint64_t i = 0; i < count; i++) {
        struct profile_lock record;
        if (!profile_reader_record(reader, span, i, sizeof(record.address), &record,
                                   sizeof(record)))
            continue;
        void *locks = profile->locks;
        struct lock *lock =
            array_push(&profile->region, &locks, &profile->lock_count, room, sizeof(*lock));
        if (!lock)
            return -ENOMEM;
        profile->locks = locks;
        *lock = (struct lock){
            .id = span->first_id + (uint32_t)i,
            .address = record.address,
            .generation = record.generation,
            .kind = record.kind,
            .acquisitions = (int64_t)record.acquisitions,
            .contentions = (int64_t)record.contentions,
            .wait_ns = (int64_t)record.wait_ns,
            .wait_max_ns = (int64_t)record.wait_max_ns,
            .modules_generation = record.modules_generation,
        };
    }
    return 0;
}

static int load_waits(struct profile *profile, const struct profile_reader *reader,
                      const struct profile_span *span, struct wait_list *list)
{
    uint64_t count = profile_span_records(span, sizeof(struct profile_lock_wait));
    for (uint64_t i = 0; i < count; i++) {
        struct profile_lock_wait record;
        if (!profile_reader_record(reader, span, i, sizeof(record.lock), &record, sizeof(record)))
            continue;
        void *records = list->records;
        struct wait_record *wait =
            array_push(&profile->region, &records, &list->count, &list->room, sizeof(*wait));
        if (!wait)
            return -ENOMEM;
        list->records = records;
        *wait = (struct wait_record){
            .lock = record.lock,
            .wait = {.stack = record.stack,
                     .count = (int64_t)record.count,
                     .wait_ns = (int64_t)record.wait_ns,
                     .wait_max_ns = (int64_t)record.wait_max_ns},
        };
    }
    return 0;
}

static int compare_ids(const void *left, const void *right)
{
    uint32_t a = ((const struct lock *)left)->id, b = ((const struct lock *)right)->id;
    return (a > b) - (a < b);
}

static int compare_waits(const void *left, const void *right)
{
    const struct wait_record *a = left, *b = right;
    if (a->lock != b->lock)
        return a->lock < b->lock ? -1 : 1;
    if (a->wait.wait_ns != b->wait.wait_ns)
        return a->wait.wait_ns < b->wait.wait_ns ? 1 : -1;
    return (a->wait.stack > b->wait.stack) - (a->wait.stack < b->wait.stack);
}

static int compare_locks(const void *left, const void *right)
{
    const struct lock *a = left, *b = right;
    if (a->wait_ns != b->wait_ns)
        return a->wait_ns < b->wait_ns ? 1 : -1;
    if (a->acquisitions != b->acquisitions)
        return a->acquisitions < b->acquisitions ? 1 : -1;
    return (a->id > b->id) - (a->id < b->id);
}

// Both are sorted by lock: a merge. The waits of one lock end up side by side in one array.
static int hand_out_waits(struct profile *profile, const struct wait_list *list)
{
    struct lock_wait *waits = region_array(&profile->region, list->count + 1, sizeof(*waits));
    if (!waits)
        return -ENOMEM;
    size_t stray = 0, next = 0;
    for (size_t i = 0; i < profile->lock_count; i++) {
        struct lock *lock = &profile->locks[i];
        for (; next < list->count && list->records[next].lock < lock->id; next++)
            stray++;
        lock->waits = &waits[next];
        for (; next < list->count && list->records[next].lock == lock->id; next++)
            lock->waits[lock->wait_count++] = list->records[next].wait;
    }
    stray += list->count - next;
    if (stray)
        profile_note(profile, "%zu lock waits belong to no known lock", stray);
    return 0;
}

int profile_load_locks(struct profile *profile, struct profile_reader *reader)
{
    size_t room = 0;
    int error = 0;
    struct wait_list list = {0};
    for (struct profile_span span = {0}; !error && profile_reader_next(reader, &span);) {
        if (span.type == PROFILE_CHUNK_LOCKS)
            error = load_locks(profile, reader, &span, &room);
        else if (span.type == PROFILE_CHUNK_LOCK_WAITS)
            error = load_waits(profile, reader, &span, &list);
    }
    if (error || profile->lock_count == 0)
        return error;
    qsort(profile->locks, profile->lock_count, sizeof(*profile->locks), compare_ids);
    if (list.count)
        qsort(list.records, list.count, sizeof(*list.records), compare_waits);
    error = hand_out_waits(profile, &list);
    qsort(profile->locks, profile->lock_count, sizeof(*profile->locks), compare_locks);
    return error;
}

int profile_name_locks(struct profile *profile)
{
    for (size_t i = 0; i < profile->lock_count; i++) {
        struct lock *lock = &profile->locks[i];
        lock->name = module_table_data_name(profile, lock->address, lock->modules_generation);
        if (!lock->name)
            lock->name = region_printf(&profile->region, "0x%" PRIx64, lock->address);
        if (!lock->name)
            return -ENOMEM;
    }
    return 0;
}
