// SPDX-License-Identifier: MIT
//
// profile_thread_times.c - how many threads there were at which time of the run, and which creation
// places make ever more of them.
#include "report/model/profile_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MOMENTS_MAX 100
#define GROWTH_RISES 4 // of the last windows, each

static void raise_to(uint64_t *time_ns, uint64_t other_ns)
{
    if (other_ns > *time_ns)
        *time_ns = other_ns;
}

// Of a process that ended without a word: the latest time known.
static uint64_t latest_ns(const struct profile *profile)
{
    uint64_t end_ns = profile->header.start_ns;
    for (size_t i = 0; i < profile->threads.record_count; i++) {
        const struct profile_thread *record = &profile->threads.records[i].record;
        raise_to(&end_ns, record->create_ns);
        raise_to(&end_ns, record->start_ns);
        raise_to(&end_ns, record->end_ns);
    }
    for (size_t i = 0; i < profile->misuse_count; i++)
        raise_to(&end_ns, profile->misuses[i].record.time_ns);
    for (size_t i = 0; i < profile->order_count; i++)
        raise_to(&end_ns, profile->order[i].time_ns);
    return end_ns;
}

static int64_t run_ns(const struct profile *profile)
{
    if (profile->duration_ns >= 0)
        return profile->duration_ns;
    int64_t span_ns = (int64_t)(latest_ns(profile) - profile->header.start_ns);
    return span_ns > 0 ? span_ns : 0;
}

// --- one thread

// The first thread is there before anything of it is seen.
static int64_t start_of(const struct profile *profile, const struct thread *thread)
{
    const struct profile_thread *record = &thread->record;
    if (record->origin == PROFILE_ORIGIN_MAIN)
        return 0;
    uint64_t start_ns = record->start_ns ? record->start_ns : record->create_ns;
    return start_ns > profile->header.start_ns ? (int64_t)(start_ns - profile->header.start_ns) : 0;
}

// INT64_MAX: it has not ended.
static int64_t end_of(const struct profile *profile, const struct thread *thread)
{
    const struct profile_thread *record = &thread->record;
    if (record->end_ns == 0)
        return record->exit_kind == PROFILE_THREAD_RUNNING ? INT64_MAX : start_of(profile, thread);
    return (int64_t)(record->end_ns - profile->header.start_ns);
}

// When nothing of it was left: it had ended, and was joined or detached. INT64_MAX: that is not so.
static int64_t settled_of(const struct profile *profile, const struct thread *thread)
{
    int64_t end_ns = end_of(profile, thread);
    if (end_ns == INT64_MAX || (thread->join && strcmp(thread->join, "leaked") == 0))
        return INT64_MAX;
    int64_t join_ns = (int64_t)(thread->record.join_ns - profile->header.start_ns);
    return thread->record.join_ns && join_ns > end_ns ? join_ns : end_ns;
}

// --- the timeline

struct times {
    int64_t *values;
    size_t count, passed;
};

static int compare_times(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

// How many are no later than `now_ns`, which grows from call to call.
static int64_t passed(struct times *times, int64_t now_ns)
{
    while (times->passed < times->count && times->values[times->passed] <= now_ns)
        times->passed++;
    return (int64_t)times->passed;
}

static void fill_moments(struct profile *profile, struct times *starts, struct times *ends,
                         struct times *settled)
{
    struct threads *threads = &profile->threads;
    int64_t span_ns = run_ns(profile);
    size_t count = span_ns < MOMENTS_MAX ? 1 : MOMENTS_MAX;
    for (size_t i = 0; i < count; i++) {
        int64_t now_ns =
            i + 1 == count ? span_ns : (int64_t)((double)span_ns * (double)(i + 1) / (double)count);
        threads->timeline[threads->moment_count++] = (struct thread_moment){
            .time_ns = now_ns,
            .alive = passed(starts, now_ns) - passed(ends, now_ns),
            .unjoined = (int64_t)ends->passed - passed(settled, now_ns),
        };
    }
}

static int make_timeline(struct profile *profile, struct region *scratch)
{
    struct threads *threads = &profile->threads;
    struct times starts = {0}, ends = {0}, settled = {0}, *all[] = {&starts, &ends, &settled};
    for (size_t i = 0; i < 3; i++)
        if (!(all[i]->values = region_array(scratch, threads->record_count, sizeof(int64_t))))
            return -ENOMEM;
    threads->timeline = region_array(&profile->region, MOMENTS_MAX, sizeof(*threads->timeline));
    if (!threads->timeline)
        return -ENOMEM;
    for (size_t i = 0; i < threads->record_count; i++) {
        const struct thread *thread = &threads->records[i];
        int64_t end_ns = end_of(profile, thread), settled_ns = settled_of(profile, thread);
        starts.values[starts.count++] = start_of(profile, thread);
        if (end_ns != INT64_MAX)
            ends.values[ends.count++] = end_ns;
        if (settled_ns != INT64_MAX)
            settled.values[settled.count++] = settled_ns;
    }
    for (size_t i = 0; i < 3; i++)
        qsort(all[i]->values, all[i]->count, sizeof(int64_t), compare_times);
    fill_moments(profile, &starts, &ends, &settled);
    return 0;
}

// --- growth

static int compare_creators(const void *left, const void *right)
{
    const struct thread *a = *(const struct thread *const *)left;
    const struct thread *b = *(const struct thread *const *)right;
    if (a->record.creation_stack != b->record.creation_stack)
        return a->record.creation_stack < b->record.creation_stack ? -1 : 1;
    return (a->record.serial > b->record.serial) - (a->record.serial < b->record.serial);
}

static void count_windows(const struct profile *profile, const struct thread *thread,
                          int64_t *counts)
{
    int64_t span_ns = run_ns(profile);
    int64_t start_ns = start_of(profile, thread), settled_ns = settled_of(profile, thread);
    for (int i = 0; i < GROWTH_WINDOWS; i++) {
        int64_t now_ns = span_ns / GROWTH_WINDOWS * (i + 1);
        if (i + 1 == GROWTH_WINDOWS)
            now_ns = span_ns;
        counts[i] += start_ns <= now_ns && now_ns < settled_ns;
    }
}

static bool rises(const int64_t *counts)
{
    for (int i = GROWTH_WINDOWS - GROWTH_RISES; i < GROWTH_WINDOWS; i++)
        if (counts[i] <= counts[i - 1])
            return false;
    return true;
}

static int compare_growth(const void *left, const void *right)
{
    const struct thread_growth *a = left, *b = right;
    int64_t count_a = a->counts[GROWTH_WINDOWS - 1], count_b = b->counts[GROWTH_WINDOWS - 1];
    if (count_a != count_b)
        return count_a < count_b ? 1 : -1;
    return (a->creation_stack > b->creation_stack) - (a->creation_stack < b->creation_stack);
}

static int find_growth(struct profile *profile, struct region *scratch)
{
    struct threads *threads = &profile->threads;
    size_t count = 0, room = 0, next;
    const struct thread **made = region_array(scratch, threads->record_count, sizeof(*made));
    if (!made)
        return -ENOMEM;
    for (size_t i = 0; i < threads->record_count; i++)
        if (threads->records[i].record.origin == PROFILE_ORIGIN_CREATED)
            made[count++] = &threads->records[i];
    qsort(made, count, sizeof(*made), compare_creators);
    for (size_t first = 0; first < count; first = next) {
        struct thread_growth growth = {.creation_stack = made[first]->record.creation_stack};
        for (next = first;
             next < count && made[next]->record.creation_stack == growth.creation_stack; next++)
            count_windows(profile, made[next], growth.counts);
        if (!rises(growth.counts))
            continue;
        void *all = threads->growth;
        struct thread_growth *added =
            region_push(&profile->region, &all, &threads->growth_count, &room, sizeof(*added));
        if (!added)
            return -ENOMEM;
        threads->growth = all;
        *added = growth;
    }
    if (threads->growth_count)
        qsort(threads->growth, threads->growth_count, sizeof(*threads->growth), compare_growth);
    return 0;
}

int profile_time_threads(struct profile *profile)
{
    struct region scratch = {0};
    if (profile->threads.created + profile->threads.adopted == 0 || profile_is_merged(profile))
        return 0;
    int error = make_timeline(profile, &scratch);
    if (!error)
        error = find_growth(profile, &scratch);
    region_release(&scratch);
    return error;
}
