// SPDX-License-Identifier: MIT
//
// diff_model.c - see diff_model.h. Each list of the model is joined by what names its elements:
// what both have is subtracted, what only the old one has is added with its sign turned.
#include "report/diff/diff_model.h"

#include "report/diff/keyed_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// --- means

static int64_t mean(int64_t sum, uint64_t count)
{
    double quotient = (double)sum / (double)count;
    return count < 2 ? sum : (int64_t)(quotient < 0 ? quotient - 0.5 : quotient + 0.5);
}

static void divide_samples(struct heap_samples *samples, double count)
{
    samples->variance_blocks /= count * count;
    samples->variance_bytes /= count * count;
    samples->freed_variance_blocks /= count * count;
    samples->freed_variance_bytes /= count * count;
}

static void divide_counts(struct heap_counts *counts, uint64_t count)
{
    counts->allocations = mean(counts->allocations, count);
    counts->allocated_bytes = mean(counts->allocated_bytes, count);
    counts->live_blocks = mean(counts->live_blocks, count);
    counts->live_bytes = mean(counts->live_bytes, count);
    counts->frees = counts->allocations - counts->live_blocks;
    counts->freed_bytes = counts->allocated_bytes - counts->live_bytes;
    counts->temporary = mean(counts->temporary, count);
    counts->peak_blocks = mean(counts->peak_blocks, count);
    counts->peak_bytes = mean(counts->peak_bytes, count);
    divide_samples(&counts->samples, (double)count);
}

static void divide_heap(struct profile *profile, uint64_t count)
{
    struct heap *heap = &profile->heap;
    divide_counts(&heap->total, count);
    heap->reallocs = mean(heap->reallocs, count);
    for (size_t i = 0; i < heap->site_count; i++)
        divide_counts(&heap->sites[i].counts, count);
    for (size_t i = 0; i < profile->leaks.record_count; i++) {
        struct leak *leak = &profile->leaks.records[i];
        leak->blocks = mean(leak->blocks, count);
        leak->bytes = mean(leak->bytes, count);
        leak->indirect_blocks = mean(leak->indirect_blocks, count);
        leak->indirect_bytes = mean(leak->indirect_bytes, count);
    }
    for (size_t i = 0; i < profile->heap_misuse_count; i++) {
        struct profile_heap_misuse *record = &profile->heap_misuses[i].record;
        record->count = (uint64_t)mean((int64_t)record->count, count);
    }
}

static void divide_threads(struct threads *threads, uint64_t count)
{
    int64_t *const totals[] = {&threads->created,  &threads->finished, &threads->joined,
                               &threads->detached, &threads->leaked,   &threads->running,
                               &threads->adopted};
    for (size_t i = 0; i < sizeof(totals) / sizeof(*totals); i++)
        *totals[i] = mean(*totals[i], count);
    for (size_t i = 0; i < threads->record_count; i++) {
        struct thread *thread = &threads->records[i];
        thread->count = mean(thread->count, count);
        thread->record.cpu_ns = (uint64_t)mean((int64_t)thread->record.cpu_ns, count);
        thread->record.lock_wait_ns = (uint64_t)mean((int64_t)thread->record.lock_wait_ns, count);
        thread->record.allocations = (uint64_t)mean((int64_t)thread->record.allocations, count);
        thread->record.allocated_bytes =
            (uint64_t)mean((int64_t)thread->record.allocated_bytes, count);
    }
}

static void divide_lock(struct lock *lock, uint64_t count)
{
    int64_t *const figures[] = {&lock->acquisitions, &lock->contentions, &lock->timeouts,
                                &lock->try_failed,   &lock->owner_died,  &lock->owner_changes,
                                &lock->wait_ns,      &lock->handoff_ns,  &lock->holds,
                                &lock->hold_ns};
    for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++)
        *figures[i] = mean(*figures[i], count);
    for (size_t i = 0; i < lock->wait_count; i++) {
        struct lock_wait *wait = &lock->waits[i];
        wait->count = mean(wait->count, count);
        wait->wait_ns = mean(wait->wait_ns, count);
        wait->timeouts = mean(wait->timeouts, count);
        wait->handoff_ns = mean(wait->handoff_ns, count);
    }
    for (size_t i = 0; i < lock->holder_count; i++) {
        lock->holders[i].count = mean(lock->holders[i].count, count);
        lock->holders[i].wait_ns = mean(lock->holders[i].wait_ns, count);
    }
    for (size_t i = 0; i < lock->pair_count; i++) {
        lock->pairs[i].count = mean(lock->pairs[i].count, count);
        lock->pairs[i].wait_ns = mean(lock->pairs[i].wait_ns, count);
    }
}

void profile_divide(struct profile *profile, uint64_t count)
{
    if (count < 2)
        return;
    divide_heap(profile, count);
    divide_threads(&profile->threads, count);
    for (size_t i = 0; i < profile->lock_count; i++)
        divide_lock(&profile->locks[i], count);
    for (size_t i = 0; i < profile->misuse_count; i++)
        profile->misuses[i].record.count =
            (uint64_t)mean((int64_t)profile->misuses[i].record.count, count);
    if (profile->duration_ns >= 0)
        profile->duration_ns = mean(profile->duration_ns, count);
}

// --- joining

// A list of the new profile with room for all of the old one's, found by a key.
struct join {
    struct keyed_table table; // key, then the index
    bool failed;
};

struct join_key {
    uint32_t words[6];
    uint32_t index1; // 1 + index
};

static void join_init(struct join *join)
{
    *join = (struct join){.table = {.record_bytes = sizeof(struct join_key),
                                    .key_bytes = offsetof(struct join_key, index1)}};
}

// The index of what has the key; `next`, which is then raised, where there is none yet.
static size_t join_index(struct join *join, const struct join_key *key, size_t *next)
{
    uint32_t found = keyed_table_get(&join->table, key);
    join->failed |= found == KEYED_NONE;
    if (found == KEYED_NONE)
        return 0;
    struct join_key *entry = &((struct join_key *)join->table.records)[found];
    if (entry->index1 == 0)
        entry->index1 = (uint32_t)++ * next;
    return entry->index1 - 1;
}

static void *with_room(struct profile *profile, const void *list, size_t count, size_t more,
                       size_t bytes)
{
    void *larger = region_array(&profile->region, count + more + 1, bytes);
    if (larger && count)
        memcpy(larger, list, count * bytes);
    return larger;
}

static int join_end(struct join *join)
{
    keyed_table_release(&join->table);
    return join->failed ? -ENOMEM : 0;
}

// --- heap

static void subtract_counts(struct heap_counts *to, const struct heap_counts *from)
{
    struct heap_counts negative = {
        .allocations = -from->allocations,
        .allocated_bytes = -from->allocated_bytes,
        .frees = -from->frees,
        .freed_bytes = -from->freed_bytes,
        .temporary = -from->temporary,
        .live_blocks = -from->live_blocks,
        .live_bytes = -from->live_bytes,
        .peak_blocks = -from->peak_blocks,
        .peak_bytes = -from->peak_bytes,
        .samples = from->samples, // errors of a difference add up, as those of a sum
    };
    heap_counts_add(to, &negative);
}

static int64_t size_of(int64_t value)
{
    return value < 0 ? -value : value;
}

static int compare_sites(const void *left, const void *right)
{
    const struct site *a = left, *b = right;
    int64_t bytes_a = size_of(a->counts.allocated_bytes);
    int64_t bytes_b = size_of(b->counts.allocated_bytes);
    if (bytes_a != bytes_b)
        return bytes_a < bytes_b ? 1 : -1;
    return (a->stack > b->stack) - (a->stack < b->stack);
}

static int subtract_sites(struct profile *profile, const struct profile *old)
{
    struct heap *heap = &profile->heap;
    struct join join;
    join_init(&join);
    heap->sites = with_room(profile, heap->sites, heap->site_count, old->heap.site_count,
                            sizeof(*heap->sites));
    if (!heap->sites)
        return -ENOMEM;
    size_t next = 0;
    for (size_t i = 0; i < heap->site_count; i++)
        join_index(&join, &(struct join_key){{heap->sites[i].stack}, 0}, &next);
    for (size_t i = 0; i < old->heap.site_count && !join.failed; i++) {
        const struct site *from = &old->heap.sites[i];
        size_t index = join_index(&join, &(struct join_key){{from->stack}, 0}, &next);
        struct site *site = &heap->sites[index];
        if (index >= heap->site_count)
            *site = (struct site){.stack = from->stack, .first_ns = -1, .last_ns = -1};
        heap->site_count = next;
        subtract_counts(&site->counts, &from->counts);
    }
    qsort(heap->sites, heap->site_count, sizeof(*heap->sites), compare_sites);
    subtract_counts(&heap->total, &old->heap.total);
    heap->reallocs -= old->heap.reallocs;
    return join_end(&join);
}

static int subtract_leaks(struct profile *profile, const struct profile *old)
{
    struct leaks *leaks = &profile->leaks;
    struct join join;
    join_init(&join);
    leaks->records = with_room(profile, leaks->records, leaks->record_count,
                               old->leaks.record_count, sizeof(*leaks->records));
    if (!leaks->records)
        return -ENOMEM;
    size_t next = 0;
    for (size_t i = 0; i < leaks->record_count; i++)
        join_index(&join, &(struct join_key){{leaks->records[i].stack, leaks->records[i].class}, 0},
                   &next);
    for (size_t i = 0; i < old->leaks.record_count && !join.failed; i++) {
        const struct leak *from = &old->leaks.records[i];
        size_t index = join_index(&join, &(struct join_key){{from->stack, from->class}, 0}, &next);
        struct leak *leak = &leaks->records[index];
        if (index >= leaks->record_count)
            *leak = (struct leak){
                .stack = from->stack, .class = from->class, .first_ns = -1, .last_ns = -1};
        leaks->record_count = next;
        leak->blocks -= from->blocks;
        leak->bytes -= from->bytes;
        leak->indirect_blocks -= from->indirect_blocks;
        leak->indirect_bytes -= from->indirect_bytes;
    }
    if (!old->leaks.classified && leaks->classified) {
        leaks->classified = false;
        leaks->why = "they are not classified in the old profile";
    }
    return join_end(&join);
}

static struct join_key misuse_key(const struct profile_heap_misuse *record)
{
    return (struct join_key){
        {record->kind, record->stack, record->free_stack, record->allocated_by, record->freed_by},
        0};
}

static int subtract_heap_misuses(struct profile *profile, const struct profile *old)
{
    struct join join;
    join_init(&join);
    profile->heap_misuses = with_room(profile, profile->heap_misuses, profile->heap_misuse_count,
                                      old->heap_misuse_count, sizeof(*profile->heap_misuses));
    if (!profile->heap_misuses)
        return -ENOMEM;
    size_t next = 0;
    for (size_t i = 0; i < profile->heap_misuse_count; i++) {
        struct join_key key = misuse_key(&profile->heap_misuses[i].record);
        join_index(&join, &key, &next);
    }
    for (size_t i = 0; i < old->heap_misuse_count && !join.failed; i++) {
        const struct heap_misuse *from = &old->heap_misuses[i];
        struct join_key key = misuse_key(&from->record);
        size_t index = join_index(&join, &key, &next);
        struct heap_misuse *misuse = &profile->heap_misuses[index];
        if (index >= profile->heap_misuse_count) {
            *misuse = *from;
            misuse->record.count = 0;
        }
        profile->heap_misuse_count = next;
        misuse->record.count -= from->record.count;
    }
    return join_end(&join);
}

// --- threads

static struct join_key thread_key(const struct thread *thread)
{
    const struct profile_thread *record = &thread->record;
    return (struct join_key){
        {record->creation_stack, record->origin, record->exit_kind, record->join_kind}, 0};
}

static struct thread gone_thread(const struct thread *from, uint32_t serial)
{
    return (struct thread){
        .exit = from->exit,
        .join = from->join,
        .record = {.serial = serial,
                   .origin = from->record.origin,
                   .creation_stack = from->record.creation_stack,
                   .exit_kind = from->record.exit_kind,
                   .join_kind = from->record.join_kind},
    };
}

static void subtract_thread(struct thread *to, const struct thread *from)
{
    to->count -= from->count;
    to->record.cpu_ns -= from->record.cpu_ns;
    to->record.allocations -= from->record.allocations;
    to->record.allocated_bytes -= from->record.allocated_bytes;
    to->record.reallocs -= from->record.reallocs;
    to->record.lock_wait_ns -= from->record.lock_wait_ns;
}

static void subtract_thread_totals(struct threads *to, const struct threads *from)
{
    to->created -= from->created;
    to->finished -= from->finished;
    to->joined -= from->joined;
    to->detached -= from->detached;
    to->leaked -= from->leaked;
    to->running -= from->running;
    to->adopted -= from->adopted;
    to->peak -= from->peak;
}

static int subtract_threads(struct profile *profile, const struct profile *old)
{
    struct threads *threads = &profile->threads;
    struct join join;
    join_init(&join);
    threads->records = with_room(profile, threads->records, threads->record_count,
                                 old->threads.record_count, sizeof(*threads->records));
    if (!threads->records)
        return -ENOMEM;
    size_t next = 0;
    for (size_t i = 0; i < threads->record_count; i++) {
        struct join_key key = thread_key(&threads->records[i]);
        join_index(&join, &key, &next);
    }
    for (size_t i = 0; i < old->threads.record_count && !join.failed; i++) {
        const struct thread *from = &old->threads.records[i];
        struct join_key key = thread_key(from);
        size_t index = join_index(&join, &key, &next);
        struct thread *thread = &threads->records[index];
        if (index >= threads->record_count) {
            *thread = gone_thread(from, (uint32_t)next);
        }
        threads->record_count = next;
        subtract_thread(thread, from);
    }
    subtract_thread_totals(threads, &old->threads);
    return join_end(&join);
}

// --- locks

static int subtract_waits(struct profile *profile, struct lock *lock, const struct lock *old)
{
    struct join join;
    join_init(&join);
    lock->waits =
        with_room(profile, lock->waits, lock->wait_count, old->wait_count, sizeof(*lock->waits));
    if (!lock->waits)
        return -ENOMEM;
    size_t next = 0;
    for (size_t i = 0; i < lock->wait_count; i++)
        join_index(&join, &(struct join_key){{lock->waits[i].stack}, 0}, &next);
    for (size_t i = 0; i < old->wait_count && !join.failed; i++) {
        const struct lock_wait *from = &old->waits[i];
        size_t index = join_index(&join, &(struct join_key){{from->stack}, 0}, &next);
        struct lock_wait *wait = &lock->waits[index];
        if (index >= lock->wait_count)
            *wait = (struct lock_wait){.stack = from->stack};
        lock->wait_count = next;
        wait->count -= from->count;
        wait->wait_ns -= from->wait_ns;
        wait->timeouts -= from->timeouts;
        wait->handoff_ns -= from->handoff_ns;
        for (size_t j = 0; j < PROFILE_WAIT_BUCKETS; j++)
            wait->histogram[j] -= from->histogram[j];
    }
    return join_end(&join);
}

static int subtract_holders(struct profile *profile, struct lock *lock, const struct lock *old)
{
    struct join join;
    join_init(&join);
    lock->holders = with_room(profile, lock->holders, lock->holder_count, old->holder_count,
                              sizeof(*lock->holders));
    if (!lock->holders)
        return -ENOMEM;
    size_t next = 0;
    for (size_t i = 0; i < lock->holder_count; i++)
        join_index(&join, &(struct join_key){{lock->holders[i].stack}, 0}, &next);
    for (size_t i = 0; i < old->holder_count && !join.failed; i++) {
        const struct lock_holder *from = &old->holders[i];
        size_t index = join_index(&join, &(struct join_key){{from->stack}, 0}, &next);
        struct lock_holder *holder = &lock->holders[index];
        if (index >= lock->holder_count)
            *holder = (struct lock_holder){.stack = from->stack};
        lock->holder_count = next;
        holder->count -= from->count;
        holder->wait_ns -= from->wait_ns;
    }
    return join_end(&join);
}

// Where a stack is among the waits or holders, which have all of the old ones by now.
static uint32_t wait_index(const struct lock *lock, uint32_t stack)
{
    uint32_t i = 0;
    while (i + 1 < lock->wait_count && lock->waits[i].stack != stack)
        i++;
    return i;
}

static uint32_t holder_index(const struct lock *lock, uint32_t stack)
{
    uint32_t i = 0;
    while (i + 1 < lock->holder_count && lock->holders[i].stack != stack)
        i++;
    return i;
}

static int subtract_pairs(struct profile *profile, struct lock *lock, const struct lock *old)
{
    struct join join;
    join_init(&join);
    lock->pairs =
        with_room(profile, lock->pairs, lock->pair_count, old->pair_count, sizeof(*lock->pairs));
    if (!lock->pairs)
        return -ENOMEM;
    size_t next = 0;
    for (size_t i = 0; i < lock->pair_count; i++)
        join_index(&join, &(struct join_key){{lock->pairs[i].waiter, lock->pairs[i].holder}, 0},
                   &next);
    for (size_t i = 0; i < old->pair_count && !join.failed; i++) {
        const struct lock_pair *from = &old->pairs[i];
        uint32_t waiter = wait_index(lock, old->waits[from->waiter].stack);
        uint32_t holder = holder_index(lock, old->holders[from->holder].stack);
        size_t index = join_index(&join, &(struct join_key){{waiter, holder}, 0}, &next);
        struct lock_pair *pair = &lock->pairs[index];
        if (index >= lock->pair_count)
            *pair = (struct lock_pair){.waiter = waiter, .holder = holder};
        lock->pair_count = next;
        pair->count -= from->count;
        pair->wait_ns -= from->wait_ns;
    }
    return join_end(&join);
}

static void subtract_figures(struct lock *to, const struct lock *from)
{
    to->acquisitions -= from->acquisitions;
    to->contentions -= from->contentions;
    to->timeouts -= from->timeouts;
    to->try_failed -= from->try_failed;
    to->owner_died -= from->owner_died;
    to->owner_changes -= from->owner_changes;
    to->wait_ns -= from->wait_ns;
    to->wait_max_ns -= from->wait_max_ns;
    to->handoff_ns -= from->handoff_ns;
    to->holds -= from->holds;
    to->hold_ns -= from->hold_ns;
    to->hold_max_ns -= from->hold_max_ns;
    to->wait_p50_ns = to->wait_p99_ns = -1;
}

static int subtract_lock(struct profile *profile, struct lock *to, const struct lock *from)
{
    subtract_figures(to, from);
    int error = subtract_waits(profile, to, from);
    if (!error)
        error = subtract_holders(profile, to, from);
    return error ? error : subtract_pairs(profile, to, from);
}

static int compare_names(const void *left, const void *right)
{
    const struct lock *a = *(const struct lock *const *)left;
    const struct lock *b = *(const struct lock *const *)right;
    return a->kind != b->kind ? (a->kind < b->kind ? -1 : 1) : strcmp(a->name, b->name);
}

// A lock that is gone: its name lives as long as the old profile.
static struct lock gone_lock(const struct lock *from)
{
    return (struct lock){
        .id = from->id,
        .name = from->name,
        .base = from->base,
        .in_block = from->in_block,
        .in_array = from->in_array,
        .kind = from->kind,
        .flags = from->flags,
        .end = from->end,
        .creation_stack = from->creation_stack,
        .initialised = from->initialised,
        .block_stack = from->block_stack,
        .block_offset = from->block_offset,
    };
}

// What refers to a lock follows it to where it is now.
static void move_locks(struct profile *profile, const struct lock *before, struct lock *after)
{
    for (size_t i = 0; i < profile->order_count; i++)
        for (size_t j = 0; j < profile->order[i].lock_count; j++)
            profile->order[i].locks[j] = after + (profile->order[i].locks[j] - before);
    for (size_t i = 0; i < profile->misuse_count; i++)
        profile->misuses[i].lock = after + (profile->misuses[i].lock - before);
}

static int subtract_locks(struct profile *profile, const struct profile *old)
{
    size_t count = profile->lock_count;
    struct lock *locks = with_room(profile, profile->locks, count, old->lock_count, sizeof(*locks));
    const struct lock **by_name = region_array(&profile->region, count + 1, sizeof(struct lock *));
    if (!locks || !by_name)
        return -ENOMEM;
    move_locks(profile, profile->locks, locks);
    profile->locks = locks;
    for (size_t i = 0; i < count; i++) {
        locks[i].wait_p50_ns = locks[i].wait_p99_ns = -1;
        by_name[i] = &locks[i];
    }
    qsort(by_name, count, sizeof(*by_name), compare_names);
    int error = 0;
    for (size_t i = 0; i < old->lock_count && !error; i++) {
        const struct lock *from = &old->locks[i];
        const struct lock **found = bsearch(&from, by_name, count, sizeof(*by_name), compare_names);
        struct lock *to = found ? &locks[*found - locks] : &locks[profile->lock_count++];
        if (!found)
            *to = gone_lock(from);
        error = subtract_lock(profile, to, from);
    }
    return error;
}

// --- circles

static bool is_same_circle(const struct order_cycle *a, const struct order_cycle *b)
{
    if (a->kind != b->kind || a->edge_count != b->edge_count || a->lock_count != b->lock_count)
        return false;
    for (size_t i = 0; i < a->lock_count; i++)
        if (compare_names(&a->locks[i], &b->locks[i]) != 0)
            return false;
    return true;
}

bool profile_has_circle(const struct profile *profile, const struct order_cycle *cycle)
{
    for (size_t i = 0; i < profile->order_count; i++)
        if (is_same_circle(&profile->order[i], cycle))
            return true;
    return false;
}

static bool is_same_misuse(const struct lock_misuse *a, const struct lock_misuse *b)
{
    return a->record.kind == b->record.kind && a->record.stack == b->record.stack &&
           a->record.other_stack == b->record.other_stack && compare_names(&a->lock, &b->lock) == 0;
}

static void subtract_lock_misuses(struct profile *profile, const struct profile *old)
{
    for (size_t i = 0; i < profile->misuse_count; i++)
        for (size_t j = 0; j < old->misuse_count; j++)
            if (is_same_misuse(&profile->misuses[i], &old->misuses[j]))
                profile->misuses[i].record.count -= old->misuses[j].record.count;
}

static void subtract_health(struct profile_header *to, const struct profile_header *from)
{
    for (size_t i = 0; i < PROFILE_DROP_COUNT; i++)
        to->dropped[i] += from->dropped[i];
    to->truncated_stacks += from->truncated_stacks;
    to->unwind_mismatches += from->unwind_mismatches;
}

// What one side lacks has no difference.
static void subtract_modes(struct profile_header *to, const struct profile_header *from)
{
    if (from->heap_mode == PROFILE_HEAP_OFF)
        to->heap_mode = PROFILE_HEAP_OFF;
    else if (from->heap_mode == PROFILE_HEAP_SAMPLED && to->heap_mode != PROFILE_HEAP_OFF)
        to->heap_mode = PROFILE_HEAP_SAMPLED;
    to->heap_bypassed |= from->heap_bypassed;
    to->sample_bytes =
        to->sample_bytes > from->sample_bytes ? to->sample_bytes : from->sample_bytes;
    to->locks_on &= from->locks_on;
    to->threads_on &= from->threads_on;
}

static bool is_duration_known(const struct profile *profile)
{
    return profile->duration_ns >= 0 && profile->merged.record.without_end == 0;
}

int profile_subtract(struct profile *profile, struct profile *old)
{
    int error = subtract_sites(profile, old);
    if (!error)
        error = subtract_leaks(profile, old);
    if (!error)
        error = subtract_heap_misuses(profile, old);
    if (!error)
        error = subtract_threads(profile, old);
    if (!error)
        error = subtract_locks(profile, old);
    subtract_lock_misuses(profile, old);
    subtract_health(&profile->header, &old->header);
    subtract_modes(&profile->header, &old->header);
    profile->duration_ns = is_duration_known(profile) && is_duration_known(old)
                               ? profile->duration_ns - old->duration_ns
                               : PROFILE_NO_DURATION;
    profile->old = old;
    return error;
}
