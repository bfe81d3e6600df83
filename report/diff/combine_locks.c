// SPDX-License-Identifier: MIT
//
// combine_locks.c - locks of a combination: what tables show as one lock, by its name and kind, is
// one; addresses say nothing in another run.
#include "report/diff/combine_parts.h"
#include "report/model/function_name.h"
#include "report/model/lock_places.h"

#include <stdlib.h>
#include <string.h>

// Of the locks of the profile: 1 + index in the sums.
struct lock_numbers {
    uint32_t *numbers;
    const struct profile *profile;
};

// --- names

static bool is_nameless(const struct lock *lock)
{
    return !lock->base && strncmp(lock->name, "0x", 2) == 0;
}

// "unnamed, of session_new": what was made or first used by it.
static const char *name_by_maker(struct profile *profile, const struct lock *lock)
{
    const struct place *place =
        lock->creation_stack ? stack_user_frame(profile, lock->creation_stack)->place : NULL;
    size_t length = 0;
    const char *function =
        place && place->function ? function_short_name(place->function, &length) : "";
    return length ? region_printf(&profile->region, "unnamed, of %.*s", (int)length, function)
                  : "unnamed";
}

static const char *sum_name(struct profile *profile, const struct lock *lock)
{
    size_t length = strlen(lock->name);
    if (is_nameless(lock))
        return name_by_maker(profile, lock);
    bool is_sum = length > 3 && strcmp(lock->name + length - 3, "[*]") == 0;
    if (lock->in_array && !is_sum)
        return region_printf(&profile->region, "%s[*]", lock->base);
    return lock->name;
}

static uint32_t sum_flags(const struct lock *lock)
{
    return (lock->in_block ? PROFILE_LOCK_IN_BLOCK : 0) |
           (lock->in_array ? PROFILE_LOCK_IN_ARRAY : 0);
}

// --- locks

static void describe(struct addition *addition, struct combined_lock *to, const struct lock *lock)
{
    to->base = addition_text(addition, lock->base);
    to->name_flags = sum_flags(lock);
    to->flags = lock->flags;
    to->end = lock->end;
    to->creation_stack = addition_stack(addition, lock->creation_stack);
    to->initialised = lock->initialised;
    to->block_stack = addition_stack(addition, lock->block_stack);
    to->block_offset = lock->block_offset;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void add_figures(struct combined_lock *to, const struct lock *lock)
{
    to->acquisitions += lock->acquisitions;
    to->try_failed += lock->try_failed;
    to->owner_died += lock->owner_died;
    to->owner_changes += lock->owner_changes;
    to->holds += lock->holds;
    to->hold_ns += lock->hold_ns;
    to->hold_max_ns = larger(to->hold_max_ns, lock->hold_max_ns);
    to->contentions += lock->contentions;
    to->wait_ns += lock->wait_ns;
    to->timeouts += lock->timeouts;
    to->handoff_ns += lock->handoff_ns;
    to->wait_max_ns = larger(to->wait_max_ns, lock->wait_max_ns);
    for (size_t i = 0; i < lock->wait_count; i++) {
        to->contentions -= lock->waits[i].count;
        to->wait_ns -= lock->waits[i].wait_ns;
        to->timeouts -= lock->waits[i].timeouts;
        to->handoff_ns -= lock->waits[i].handoff_ns;
    }
}

static uint32_t add_lock(struct addition *addition, const struct lock *lock)
{
    const char *name = sum_name(addition->profile, lock);
    struct lock_key key = {addition_text(addition, name), lock->kind};
    struct keyed_table *locks = &addition->sums->locks;
    uint32_t before = locks->count;
    struct combined_lock *to = addition_record(addition, locks, &key);
    if (locks->count != before)
        describe(addition, to, lock);
    add_figures(to, lock);
    return keyed_table_find(locks, &key);
}

// --- waits

static uint32_t add_wait(struct addition *addition, uint32_t lock, const struct lock_wait *from)
{
    struct wait_key key = {lock, addition_stack(addition, from->stack)};
    struct combined_wait *wait = addition_record(addition, &addition->sums->waits, &key);
    wait->count += from->count;
    wait->wait_ns += from->wait_ns;
    wait->wait_max_ns = larger(wait->wait_max_ns, from->wait_max_ns);
    wait->timeouts += from->timeouts;
    wait->handoff_ns += from->handoff_ns;
    for (size_t i = 0; i < PROFILE_WAIT_BUCKETS; i++)
        wait->histogram[i] += from->histogram[i];
    return keyed_table_find(&addition->sums->waits, &key);
}

static void add_waits(struct addition *addition, uint32_t number, const struct lock *lock)
{
    uint32_t *waits = calloc(lock->wait_count + 1, sizeof(*waits));
    addition->failed |= !waits;
    for (size_t i = 0; i < lock->wait_count && !addition->failed; i++)
        waits[i] = add_wait(addition, number, &lock->waits[i]);
    for (size_t i = 0; i < lock->pair_count && !addition->failed; i++) {
        const struct lock_pair *from = &lock->pairs[i];
        struct pair_key key = {waits[from->waiter],
                               addition_stack(addition, lock->holders[from->holder].stack)};
        struct combined_pair *pair = addition_record(addition, &addition->sums->pairs, &key);
        pair->count += from->count;
        pair->wait_ns += from->wait_ns;
    }
    free(waits);
}

// --- misuse, and circles

static uint32_t number_of(const struct lock_numbers *numbers, const struct lock *lock)
{
    return numbers->numbers[lock - numbers->profile->locks];
}

static void add_misuses(struct addition *addition, const struct lock_numbers *numbers)
{
    const struct profile *profile = addition->profile;
    for (size_t i = 0; i < profile->misuse_count && !addition->failed; i++) {
        const struct profile_lock_misuse *from = &profile->misuses[i].record;
        struct lock_misuse_key key = {from->kind, number_of(numbers, profile->misuses[i].lock),
                                      addition_stack(addition, from->stack),
                                      addition_stack(addition, from->other_stack)};
        struct combined_lock_misuse *misuse =
            addition_record(addition, &addition->sums->lock_misuses, &key);
        uint64_t time_ns = from->time_ns - profile->header.start_ns;
        if (misuse->count == 0 || time_ns < misuse->time_ns)
            misuse->time_ns = time_ns;
        misuse->count += from->count;
    }
}

static uint32_t from_number(const struct lock_numbers *numbers, const struct order_cycle *cycle,
                            const struct order_edge *edge)
{
    return edge->from == ORDER_NO_LOCK ? 0 : number_of(numbers, cycle->locks[edge->from]);
}

// A circle has no first edge: that to the lock met first. What leads nowhere has.
static size_t first_edge(const struct lock_numbers *numbers, const struct order_cycle *cycle)
{
    size_t first = 0;
    for (size_t i = 0; i < cycle->edge_count; i++) {
        if (cycle->edges[i].from == ORDER_NO_LOCK)
            return 0;
        if (number_of(numbers, cycle->locks[cycle->edges[i].to]) <
            number_of(numbers, cycle->locks[cycle->edges[first].to]))
            first = i;
    }
    return first;
}

static void add_cycle(struct addition *addition, const struct lock_numbers *numbers,
                      const struct order_cycle *cycle)
{
    struct keyed_table *edges = &addition->sums->edges;
    struct combined_edge *to = NULL;
    uint32_t before = KEYED_NONE;
    size_t first = first_edge(numbers, cycle);
    for (size_t i = 0; i < cycle->edge_count && !addition->failed; i++) {
        const struct order_edge *from = &cycle->edges[(first + i) % cycle->edge_count];
        struct edge_key key = {before + 1, cycle->kind, from_number(numbers, cycle, from),
                               number_of(numbers, cycle->locks[from->to])};
        uint32_t count = edges->count;
        to = addition_record(addition, edges, &key);
        before = keyed_table_find(edges, &key);
        if (edges->count == count)
            continue;
        to->stack_from = addition_stack(addition, from->stack_from);
        to->stack_to = addition_stack(addition, from->stack_to);
        to->owner_stack = addition_stack(addition, from->owner_stack);
        to->mode = from->mode;
        to->why = addition_text(addition, cycle->why);
        to->number = (uint32_t)i;
    }
    if (to)
        to->is_last = true;
}

void addition_locks(struct addition *addition)
{
    struct profile *profile = addition->profile;
    struct lock_numbers numbers = {calloc(profile->lock_count + 1, sizeof(uint32_t)), profile};
    addition->failed |= !numbers.numbers || lock_places_find(profile) != 0;
    for (size_t i = 0; i < profile->lock_count && !addition->failed; i++) {
        uint32_t number = add_lock(addition, &profile->locks[i]);
        numbers.numbers[i] = number + 1;
        add_waits(addition, number, &profile->locks[i]);
    }
    for (size_t i = 0; i < profile->order_count && !addition->failed; i++)
        add_cycle(addition, &numbers, &profile->order[i]);
    if (!addition->failed)
        add_misuses(addition, &numbers);
    free(numbers.numbers);
}
