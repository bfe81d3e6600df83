// SPDX-License-Identifier: MIT
//
// profile_threads.c - thread records: what became of each, and the totals.
#include "report/model/profile_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *exit_name(const struct profile *profile, const struct profile_thread *record)
{
    switch (record->exit_kind) {
    case PROFILE_THREAD_RETURNED:
        return "return";
    case PROFILE_THREAD_PTHREAD_EXIT:
        return "pthread_exit";
    case PROFILE_THREAD_CANCELLED:
        return "cancelled";
    default:
        return profile->state == STATE_RUNNING ? "running" : "process end";
    }
}

// NULL: nobody can know (a thread we did not see being created has ended).
static const char *join_name(const struct profile_thread *record)
{
    if (record->join_kind == PROFILE_JOIN_JOINED)
        return "joined";
    if (record->join_kind == PROFILE_JOIN_DETACHED)
        return "detached";
    if (!thread_has_finished(record))
        return "running";
    return record->origin == PROFILE_ORIGIN_CREATED ? "leaked" : NULL;
}

static int load_chunk(struct profile *profile, const struct profile_reader *reader,
                      const struct profile_span *span, size_t *room)
{
    struct threads *threads = &profile->threads;
    uint64_t count = profile_span_records(span, PROFILE_THREAD_BYTES_V1);
    size_t bytes = span->record_bytes < sizeof(struct profile_thread)
                       ? span->record_bytes
                       : sizeof(struct profile_thread);
    for (uint64_t i = 0; i < count; i++) {
        struct profile_thread record = {0};
        if (!profile_reader_record(reader, span, i, sizeof(record.serial), &record, bytes))
            continue;
        void *records = threads->records;
        struct thread *thread =
            region_push(&profile->region, &records, &threads->record_count, room, sizeof(*thread));
        if (!thread)
            return -ENOMEM;
        threads->records = records;
        record.name[sizeof(record.name) - 1] = '\0';
        *thread =
            (struct thread){.record = record,
                            .count = profile_is_merged(profile) ? (int64_t)record.like_count : 1,
                            .exit = exit_name(profile, &record),
                            .join = join_name(&record)};
    }
    return 0;
}

static int compare_threads(const void *left, const void *right)
{
    uint32_t a = ((const struct thread *)left)->record.serial;
    uint32_t b = ((const struct thread *)right)->record.serial;
    return (a > b) - (a < b);
}

static void drop_duplicates(struct profile *profile)
{
    struct threads *threads = &profile->threads;
    size_t kept = 0;
    for (size_t i = 0; i < threads->record_count; i++) {
        if (kept && threads->records[kept - 1].record.serial == threads->records[i].record.serial)
            continue;
        threads->records[kept++] = threads->records[i];
    }
    if (kept != threads->record_count)
        profile_note(profile, "%zu thread records have a serial that another has",
                     threads->record_count - kept);
    threads->record_count = kept;
}

static void add_up(struct profile *profile)
{
    struct threads *threads = &profile->threads;
    for (size_t i = 0; i < threads->record_count; i++) {
        const struct thread *thread = &threads->records[i];
        profile->heap.reallocs += (int64_t)thread->record.reallocs;
        if (thread->record.origin == PROFILE_ORIGIN_MAIN)
            continue;
        if (thread->record.origin == PROFILE_ORIGIN_ADOPTED) {
            threads->adopted += thread->count;
            continue;
        }
        bool finished = thread_has_finished(&thread->record);
        threads->created += thread->count;
        threads->finished += finished ? thread->count : 0;
        threads->running += finished ? 0 : thread->count;
        if (thread->record.join_kind == PROFILE_JOIN_JOINED)
            threads->joined += thread->count;
        if (thread->record.join_kind == PROFILE_JOIN_DETACHED)
            threads->detached += thread->count;
        if (thread->join && strcmp(thread->join, "leaked") == 0)
            threads->leaked += thread->count;
    }
    threads->peak = profile->header.threads_peak;
}

static void round_counts(struct threads *threads)
{
    int64_t allocations = 0, reallocs = 0;
    for (size_t i = 0; i < threads->record_count; i++) {
        struct profile_thread *record = &threads->records[i].record;
        record->allocations = (uint64_t)whole_blocks(&allocations, record->allocations);
        record->reallocs = (uint64_t)whole_blocks(&reallocs, record->reallocs);
    }
}

const struct thread *profile_thread(const struct profile *profile, uint32_t serial)
{
    const struct thread key = {.record.serial = serial};
    return profile->threads.record_count
               ? bsearch(&key, profile->threads.records, profile->threads.record_count, sizeof(key),
                         compare_threads)
               : NULL;
}

int profile_load_threads(struct profile *profile, struct profile_reader *reader)
{
    size_t room = 0;
    int error = 0;
    for (struct profile_span span = {0}; !error && profile_reader_next(reader, &span);)
        if (span.type == PROFILE_CHUNK_THREADS)
            error = load_chunk(profile, reader, &span, &room);
    if (error || profile->threads.record_count == 0)
        return error;
    qsort(profile->threads.records, profile->threads.record_count,
          sizeof(*profile->threads.records), compare_threads);
    drop_duplicates(profile);
    if (profile_is_sampled(profile))
        round_counts(&profile->threads);
    add_up(profile);
    return 0;
}
