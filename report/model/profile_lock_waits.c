// SPDX-License-Identifier: MIT
//
// profile_lock_waits.c - who waited for each lock, and behind whom: records that say the same are
// summed, percentiles taken from the sum of the histograms.
#include "report/model/profile_lock_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int64_t sum(int64_t left, uint64_t right)
{
    return (int64_t)((uint64_t)left + right);
}

static int compare(uint64_t left, uint64_t right)
{
    return (left > right) - (left < right);
}

// --- waits

static int compare_records(const void *left, const void *right)
{
    const struct profile_lock_wait *a = left, *b = right;
    if (a->lock != b->lock)
        return compare(a->lock, b->lock);
    return a->stack != b->stack ? compare(a->stack, b->stack) : compare(a->next, b->next);
}

static int compare_waits(const void *left, const void *right)
{
    const struct lock_wait *a = left, *b = right;
    if (a->wait_ns != b->wait_ns)
        return a->wait_ns < b->wait_ns ? 1 : -1;
    return compare(a->stack, b->stack);
}

static void wait_add(struct lock_wait *wait, const struct profile_lock_wait *record)
{
    wait->stack = record->stack;
    wait->count = sum(wait->count, record->count);
    wait->wait_ns = sum(wait->wait_ns, record->wait_ns);
    wait->timeouts = sum(wait->timeouts, record->timeouts);
    wait->handoff_ns = sum(wait->handoff_ns, record->handoff_ns);
    if ((int64_t)record->wait_max_ns > wait->wait_max_ns)
        wait->wait_max_ns = (int64_t)record->wait_max_ns;
    for (size_t i = 0; i < PROFILE_WAIT_BUCKETS; i++)
        wait->histogram[i] += record->histogram[i];
}

// The records of one lock, side by side, become its waits.
static void take_waits(struct lock *lock, const struct profile_lock_wait *records, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || records[i].stack != records[i - 1].stack)
            lock->wait_count++;
        wait_add(&lock->waits[lock->wait_count - 1], &records[i]);
    }
    qsort(lock->waits, lock->wait_count, sizeof(*lock->waits), compare_waits);
}

// Since version 3 a lock's record counts only the waits that found no room for a record of their
// own.
static void add_to_lock(struct lock *lock)
{
    for (size_t i = 0; i < lock->wait_count; i++) {
        const struct lock_wait *wait = &lock->waits[i];
        lock->contentions = sum(lock->contentions, (uint64_t)wait->count);
        lock->wait_ns = sum(lock->wait_ns, (uint64_t)wait->wait_ns);
        lock->timeouts = sum(lock->timeouts, (uint64_t)wait->timeouts);
        lock->handoff_ns = sum(lock->handoff_ns, (uint64_t)wait->handoff_ns);
        if (wait->wait_max_ns > lock->wait_max_ns)
            lock->wait_max_ns = wait->wait_max_ns;
    }
}

static int hand_out_waits(struct profile *profile, const struct record_list *list)
{
    const struct profile_lock_wait *records = list->records;
    struct lock_wait *waits = region_array(&profile->region, list->count + 1, sizeof(*waits));
    if (!waits)
        return -ENOMEM;
    size_t stray = 0, next = 0;
    for (size_t i = 0; i < profile->lock_count; i++) {
        struct lock *lock = &profile->locks[i];
        for (; next < list->count && records[next].lock < lock->id; next++)
            stray++;
        size_t first = next;
        while (next < list->count && records[next].lock == lock->id)
            next++;
        lock->waits = &waits[first];
        take_waits(lock, &records[first], next - first);
        if (profile->header.version >= 3)
            add_to_lock(lock);
    }
    stray += list->count - next;
    if (stray)
        profile_note(profile, "%zu lock waits belong to no known lock", stray);
    return 0;
}

// --- percentiles

int64_t wait_percentile(const int64_t *histogram, int percent, int64_t max_ns)
{
    int64_t total = 0, seen = 0;
    for (int i = 0; i < PROFILE_WAIT_BUCKETS; i++)
        total += histogram[i];
    if (total <= 0)
        return -1;
    int64_t rank = total / 100 * percent + (total % 100 * percent + 99) / 100;
    for (int i = 0; i < PROFILE_WAIT_BUCKETS; i++) {
        seen += histogram[i];
        if (seen >= rank)
            return (INT64_C(2) << i) < max_ns ? INT64_C(2) << i : max_ns;
    }
    return max_ns;
}

static void set_percentiles(struct lock *lock)
{
    int64_t histogram[PROFILE_WAIT_BUCKETS] = {0};
    for (size_t i = 0; i < lock->wait_count; i++)
        for (size_t j = 0; j < PROFILE_WAIT_BUCKETS; j++)
            histogram[j] += lock->waits[i].histogram[j];
    lock->wait_p50_ns = wait_percentile(histogram, 50, lock->wait_max_ns);
    lock->wait_p99_ns = wait_percentile(histogram, 99, lock->wait_max_ns);
    if (lock->contentions == 0)
        lock->wait_p50_ns = lock->wait_p99_ns = 0;
}

// --- pairs

// A pair whose wait has been found.
struct found_pair {
    struct lock *lock;
    uint32_t waiter_stack, holder_stack;
    uint64_t count, wait_ns;
};

static int compare_wait_ids(const void *left, const void *right)
{
    return compare(((const struct profile_lock_wait *)left)->next,
                   ((const struct profile_lock_wait *)right)->next);
}

static int compare_found(const void *left, const void *right)
{
    const struct found_pair *a = left, *b = right;
    if (a->lock != b->lock)
        return a->lock < b->lock ? -1 : 1;
    return a->holder_stack != b->holder_stack ? compare(a->holder_stack, b->holder_stack)
                                              : compare(a->waiter_stack, b->waiter_stack);
}

static int compare_holders(const void *left, const void *right)
{
    const struct lock_holder *a = left, *b = right;
    if (a->wait_ns != b->wait_ns)
        return a->wait_ns < b->wait_ns ? 1 : -1;
    return compare(a->stack, b->stack);
}

static int compare_pairs(const void *left, const void *right)
{
    const struct lock_pair *a = left, *b = right;
    if (a->wait_ns != b->wait_ns)
        return a->wait_ns < b->wait_ns ? 1 : -1;
    return a->waiter != b->waiter ? compare(a->waiter, b->waiter) : compare(a->holder, b->holder);
}

// The waits are sorted by id here. Returns how many of the pairs have theirs.
static size_t find_waits(struct profile *profile, const struct lock_records *records,
                         struct found_pair *ret_found)
{
    const struct profile_lock_pair *pairs = records->pairs.records;
    size_t count = 0;
    for (size_t i = 0; i < records->pairs.count && records->waits.count; i++) {
        const struct profile_lock_wait key = {.next = pairs[i].wait};
        const struct profile_lock_wait *wait =
            bsearch(&key, records->waits.records, records->waits.count, records->waits.bytes,
                    compare_wait_ids);
        struct lock *lock = wait ? lock_find(profile, records, wait->lock) : NULL;
        if (lock)
            ret_found[count++] = (struct found_pair){lock, wait->stack, pairs[i].holder_stack,
                                                     pairs[i].count, pairs[i].wait_ns};
    }
    if (count != records->pairs.count)
        profile_note(profile, "%zu pairs of waiter and holder belong to no known wait",
                     records->pairs.count - count);
    return count;
}

// Where the waits or holders of a lock are, by stack.
struct position {
    uint32_t stack, index;
};

static int compare_positions(const void *left, const void *right)
{
    return compare(((const struct position *)left)->stack, ((const struct position *)right)->stack);
}

static uint32_t position_of(const struct position *positions, size_t count, uint32_t stack)
{
    const struct position key = {.stack = stack};
    const struct position *found = bsearch(&key, positions, count, sizeof(key), compare_positions);
    return found->index;
}

// Sums of the pairs of one lock, which are sorted by holder and waiter. Until the holders are
// sorted, pairs have stacks in place of indices.
static void sum_pairs(struct lock *lock, const struct found_pair *found, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool same_holder = i > 0 && found[i].holder_stack == found[i - 1].holder_stack;
        if (!same_holder)
            lock->holders[lock->holder_count++].stack = found[i].holder_stack;
        if (!same_holder || found[i].waiter_stack != found[i - 1].waiter_stack)
            lock->pairs[lock->pair_count++] = (struct lock_pair){.waiter = found[i].waiter_stack,
                                                                 .holder = found[i].holder_stack};
        struct lock_holder *holder = &lock->holders[lock->holder_count - 1];
        struct lock_pair *pair = &lock->pairs[lock->pair_count - 1];
        holder->count = sum(holder->count, found[i].count);
        holder->wait_ns = sum(holder->wait_ns, found[i].wait_ns);
        pair->count = sum(pair->count, found[i].count);
        pair->wait_ns = sum(pair->wait_ns, found[i].wait_ns);
    }
    qsort(lock->holders, lock->holder_count, sizeof(*lock->holders), compare_holders);
}

static void point_pairs(struct lock *lock, struct position *positions)
{
    for (uint32_t i = 0; i < lock->wait_count; i++)
        positions[i] = (struct position){lock->waits[i].stack, i};
    qsort(positions, lock->wait_count, sizeof(*positions), compare_positions);
    for (size_t i = 0; i < lock->pair_count; i++)
        lock->pairs[i].waiter = position_of(positions, lock->wait_count, lock->pairs[i].waiter);
    for (uint32_t i = 0; i < lock->holder_count; i++)
        positions[i] = (struct position){lock->holders[i].stack, i};
    qsort(positions, lock->holder_count, sizeof(*positions), compare_positions);
    for (size_t i = 0; i < lock->pair_count; i++)
        lock->pairs[i].holder = position_of(positions, lock->holder_count, lock->pairs[i].holder);
    qsort(lock->pairs, lock->pair_count, sizeof(*lock->pairs), compare_pairs);
}

static int hand_out_pairs(struct profile *profile, struct lock_records *records)
{
    size_t room = records->pairs.count + 1;
    size_t most = room > records->waits.count ? room : records->waits.count + 1;
    struct found_pair *found = region_array(&records->scratch, room, sizeof(*found));
    struct position *positions = region_array(&records->scratch, most, sizeof(*positions));
    struct lock_holder *holders = region_array(&profile->region, room, sizeof(*holders));
    struct lock_pair *pairs = region_array(&profile->region, room, sizeof(*pairs));
    if (!found || !positions || !holders || !pairs)
        return -ENOMEM;
    size_t count = find_waits(profile, records, found), next;
    qsort(found, count, sizeof(*found), compare_found);
    for (size_t first = 0; first < count; first = next) {
        struct lock *lock = found[first].lock;
        for (next = first; next < count && found[next].lock == lock;)
            next++;
        lock->holders = &holders[first];
        lock->pairs = &pairs[first];
        sum_pairs(lock, &found[first], next - first);
        point_pairs(lock, positions);
    }
    return 0;
}

int lock_waits_load(struct profile *profile, struct lock_records *records)
{
    struct record_list *waits = &records->waits;
    if (waits->count)
        qsort(waits->records, waits->count, waits->bytes, compare_records);
    int error = hand_out_waits(profile, waits);
    if (error)
        return error;
    for (size_t i = 0; i < profile->lock_count; i++)
        set_percentiles(&profile->locks[i]);
    if (records->pairs.count == 0)
        return 0;
    if (waits->count)
        qsort(waits->records, waits->count, waits->bytes, compare_wait_ids);
    return hand_out_pairs(profile, records);
}
