// SPDX-License-Identifier: MIT
//
// profile_lock_misuse.c - what the program did with locks that it must not, and the deadlocks it
// ran into.
#include "report/model/profile_lock_parts.h"

#include <errno.h>
#include <stdlib.h>

static int compare_misuses(const void *left, const void *right)
{
    const struct profile_lock_misuse *a = &((const struct lock_misuse *)left)->record;
    const struct profile_lock_misuse *b = &((const struct lock_misuse *)right)->record;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    return (a->stack > b->stack) - (a->stack < b->stack);
}

int lock_misuses_load(struct profile *profile, struct lock_records *records)
{
    const struct profile_lock_misuse *list = records->misuses.records;
    size_t count = records->misuses.count, kept = 0;
    profile->misuses = region_array(&profile->region, count + 1, sizeof(*profile->misuses));
    if (!profile->misuses)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const struct lock *lock = lock_find(profile, records, list[i].lock);
        if (lock && list[i].kind < PROFILE_MISUSE_COUNT)
            profile->misuses[kept++] = (struct lock_misuse){.record = list[i], .lock = lock};
    }
    if (kept != count)
        profile_note(profile, "%zu misuses of locks are of no known lock or kind", count - kept);
    qsort(profile->misuses, kept, sizeof(*profile->misuses), compare_misuses);
    profile->misuse_count = kept;
    return 0;
}

// --- deadlocks

static int compare_links(const void *left, const void *right)
{
    const struct profile_deadlock_link *a = left, *b = right;
    if (a->deadlock != b->deadlock)
        return a->deadlock < b->deadlock ? -1 : 1;
    return (a->link > b->link) - (a->link < b->link);
}

static bool is_complete(const struct profile *profile, const struct lock_records *records,
                        const struct profile_deadlock_link *links, size_t count)
{
    if (links[0].kind != PROFILE_DEADLOCK_CYCLE && links[0].kind != PROFILE_DEADLOCK_ORPHAN)
        return false;
    for (size_t i = 0; i < count; i++)
        if (links[i].link != i || links[i].link_count != count || links[i].kind != links[0].kind ||
            !lock_find(profile, records, links[i].lock))
            return false;
    return true;
}

static uint32_t lock_number(struct order_cycle *cycle, const struct lock *lock)
{
    for (uint32_t i = 0; i < cycle->lock_count; i++)
        if (cycle->locks[i] == lock)
            return i;
    cycle->locks[cycle->lock_count] = lock;
    return (uint32_t)cycle->lock_count++;
}

// The thread of a link holds what that of the link before waits for.
static void fill_edges(struct profile *profile, const struct lock_records *records,
                       struct order_cycle *cycle, const struct profile_deadlock_link *links)
{
    size_t count = cycle->edge_count;
    bool is_orphan = links[0].kind == PROFILE_DEADLOCK_ORPHAN;
    for (size_t i = 0; i < count; i++)
        cycle->edges[i] = (struct order_edge){
            .to = lock_number(cycle, lock_find(profile, records, links[i].lock)),
            .thread = links[i].thread,
            .stack_to = links[i].wait_stack,
            .owner = links[i].owner,
            .owner_stack = links[i].owner_stack,
            .mode = links[i].mode,
        };
    for (size_t i = 0; i < count; i++) {
        const struct order_edge *before = &cycle->edges[(i + count - 1) % count];
        bool holds_nothing = i == 0 && is_orphan;
        cycle->edges[i].from = holds_nothing ? ORDER_NO_LOCK : before->to;
        cycle->edges[i].stack_from = holds_nothing ? 0 : before->owner_stack;
    }
}

// Looking a lock up among those of its deadlock takes time that grows with the square.
#define LINKS_MAX 1000

static int add_deadlock(struct profile *profile, const struct lock_records *records,
                        const struct profile_deadlock_link *links, size_t count)
{
    struct order_cycle *cycle = &profile->order[profile->order_count];
    *cycle = (struct order_cycle){
        .kind = ORDER_DEADLOCK,
        .why = links[0].kind == PROFILE_DEADLOCK_ORPHAN ? "orphan"
               : count == 1                             ? "self"
                                                        : "cycle",
        .number = links[0].deadlock,
        .time_ns = links[0].time_ns,
        .locks = region_array(&profile->region, count, sizeof(*cycle->locks)),
        .edges = region_array(&profile->region, count, sizeof(*cycle->edges)),
        .edge_count = count,
    };
    if (!cycle->locks || !cycle->edges)
        return -ENOMEM;
    fill_edges(profile, records, cycle, links);
    profile->order_count++;
    return 0;
}

int lock_deadlocks_load(struct profile *profile, struct lock_records *records)
{
    struct profile_deadlock_link *links = records->deadlocks.records;
    size_t count = records->deadlocks.count, incomplete = 0, next;
    if (count == 0)
        return 0;
    qsort(links, count, sizeof(*links), compare_links);
    profile->order = region_array(&profile->region, count, sizeof(*profile->order));
    if (!profile->order)
        return -ENOMEM;
    for (size_t first = 0; first < count; first = next) {
        for (next = first; next < count && links[next].deadlock == links[first].deadlock;)
            next++;
        if (next - first > LINKS_MAX || !is_complete(profile, records, &links[first], next - first))
            incomplete++;
        else if (add_deadlock(profile, records, &links[first], next - first) != 0)
            return -ENOMEM;
    }
    if (incomplete && profile->state != STATE_RUNNING)
        profile_note(profile, "%zu deadlocks are recorded in part only", incomplete);
    return 0;
}
