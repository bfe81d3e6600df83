// SPDX-License-Identifier: MIT
//
// profile_timeline.c - the moments of the timeline, sorted, and what they say of when the peak was.
// Nothing in them is trusted: times lie in the run, sums never fall.
#include "report/model/profile_parts.h"

#include <errno.h>
#include <stdlib.h>

#define KIB 1024
#define READ_TRIES 3

// The place of one that was dropped is written anew while the process runs: a copy is whole if its
// time is the same before and after.
static bool read_moment(const struct profile_reader *reader, const struct profile_span *span,
                        uint64_t index, struct profile_moment *ret_record)
{
    for (int i = 0; i < READ_TRIES; i++) {
        uint64_t time_ns = 0;
        if (!profile_reader_record(reader, span, index, sizeof(ret_record->time_ns), ret_record,
                                   sizeof(*ret_record)))
            return false;
        if (profile_reader_record(reader, span, index, sizeof(time_ns), &time_ns,
                                  sizeof(time_ns)) &&
            time_ns == ret_record->time_ns)
            return true;
    }
    return false;
}

static int64_t at_least_0(uint64_t value)
{
    return (int64_t)value > 0 ? (int64_t)value : 0;
}

static int64_t blocks_of(const struct profile *profile, uint64_t count)
{
    uint64_t unit = profile_is_sampled(profile) ? PROFILE_SAMPLED_UNIT : 1;
    return at_least_0(count) / (int64_t)unit;
}

static struct moment moment_of(const struct profile *profile, const struct profile_moment *record)
{
    uint32_t rss_kib = record->rss_kib & ~PROFILE_RSS_HIGHEST;
    return (struct moment){
        .time_ns = at_least_0(record->time_ns - profile->header.start_ns),
        .live_bytes = at_least_0(record->live_bytes),
        .live_blocks = blocks_of(profile, record->live_blocks),
        .rss_bytes = rss_kib ? (int64_t)rss_kib * KIB : -1,
        .rss_is_highest = rss_kib && (record->rss_kib & PROFILE_RSS_HIGHEST),
        .threads = record->threads,
        .allocations = blocks_of(profile, record->allocations),
        .allocated_bytes = at_least_0(record->allocated_bytes),
        .lock_wait_ns = at_least_0(record->lock_wait_ns),
        .cpu_ns = record->cpu_ns ? at_least_0(record->cpu_ns) : -1,
    };
}

static void load_chunk(struct profile *profile, const struct profile_reader *reader,
                       const struct profile_span *span)
{
    uint64_t count = profile_span_records(span, sizeof(struct profile_moment));
    for (uint64_t i = 0; i < count && profile->timeline_count < PROFILE_MOMENTS_MAX; i++) {
        struct profile_moment record;
        if (read_moment(reader, span, i, &record) && record.time_ns >= profile->header.start_ns)
            profile->timeline[profile->timeline_count++] = moment_of(profile, &record);
    }
}

static int compare_moments(const void *left, const void *right)
{
    int64_t a = ((const struct moment *)left)->time_ns, b = ((const struct moment *)right)->time_ns;
    return (a > b) - (a < b);
}

static void raise(int64_t *sum, int64_t before)
{
    if (*sum < before)
        *sum = before;
}

// A wait that turned out to be none is taken back, and a hostile profile says anything.
static void make_sums_rise(struct profile *profile)
{
    for (size_t i = 1; i < profile->timeline_count; i++) {
        struct moment *moment = &profile->timeline[i];
        const struct moment *before = moment - 1;
        raise(&moment->allocations, before->allocations);
        raise(&moment->allocated_bytes, before->allocated_bytes);
        raise(&moment->lock_wait_ns, before->lock_wait_ns);
        if (moment->cpu_ns >= 0)
            raise(&moment->cpu_ns, before->cpu_ns);
    }
}

static int64_t of_run(const struct profile *profile, uint64_t time_ns)
{
    return time_ns > profile->header.start_ns ? at_least_0(time_ns - profile->header.start_ns) : 0;
}

// The process may have grown further after its last moment.
static void time_peak(struct profile *profile)
{
    const struct profile_header *header = &profile->header;
    int64_t live_bytes = (int64_t)header->live_bytes, peak_bytes = (int64_t)header->peak_bytes;
    if (live_bytes > peak_bytes)
        peak_bytes = live_bytes;
    if (header->heap_mode == PROFILE_HEAP_OFF || peak_bytes <= 0)
        return;
    profile->peak_after_ns = profile->timeline[profile->timeline_count - 1].time_ns;
    if ((int64_t)header->timed_peak_bytes != peak_bytes)
        return;
    int64_t after_ns = of_run(profile, header->timed_peak_after_ns);
    int64_t until_ns = of_run(profile, header->timed_peak_until_ns);
    if (after_ns > until_ns || until_ns > profile->peak_after_ns) {
        profile->peak_after_ns = -1; // no writer makes this
        return;
    }
    profile->peak_after_ns = after_ns;
    profile->peak_until_ns = until_ns;
}

int profile_load_timeline(struct profile *profile, struct profile_reader *reader)
{
    profile->peak_after_ns = profile->peak_until_ns = -1;
    for (struct profile_span span = {0}; profile_reader_next(reader, &span);) {
        if (span.type != PROFILE_CHUNK_TIMELINE)
            continue;
        if (!profile->timeline)
            profile->timeline =
                region_array(&profile->region, PROFILE_MOMENTS_MAX, sizeof(*profile->timeline));
        if (!profile->timeline)
            return -ENOMEM;
        load_chunk(profile, reader, &span);
    }
    if (profile->timeline_count == 0)
        return 0;
    qsort(profile->timeline, profile->timeline_count, sizeof(*profile->timeline), compare_moments);
    make_sums_rise(profile);
    time_peak(profile);
    return 0;
}
