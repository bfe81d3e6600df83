// SPDX-License-Identifier: MIT
//
// profile_merged_order.c - circles of locks and deadlocks of a merged profile, as its records have
// them. Who took part is not known any more, only where.
#include "report/model/profile_lock_parts.h"

#include <errno.h>

#define EDGES_MAX 1000 // looking for a lock among those of its circle grows with the square

static uint32_t lock_number(struct order_cycle *cycle, const struct lock *lock)
{
    for (uint32_t i = 0; i < cycle->lock_count; i++)
        if (cycle->locks[i] == lock)
            return i;
    cycle->locks[cycle->lock_count] = lock;
    return (uint32_t)cycle->lock_count++;
}

// A thread in a deadlock may hold nothing known.
static bool holds_a_lock(const struct profile *profile, const struct lock_records *records,
                         const struct profile_order_edge *edge)
{
    return edge->from ? lock_find(profile, records, edge->from) != NULL
                      : edge->kind == PROFILE_ORDER_DEADLOCK;
}

static bool is_complete(const struct profile *profile, const struct lock_records *records,
                        const struct profile_order_edge *edges, size_t count)
{
    if (edges[0].kind >= PROFILE_ORDER_KIND_COUNT || count > EDGES_MAX)
        return false;
    for (size_t i = 0; i < count; i++)
        if (edges[i].edge != i || edges[i].edge_count != count || edges[i].kind != edges[0].kind ||
            !lock_find(profile, records, edges[i].to) || !holds_a_lock(profile, records, &edges[i]))
            return false;
    return true;
}

static void fill_edges(struct profile *profile, const struct lock_records *records,
                       struct order_cycle *cycle, const struct profile_order_edge *edges)
{
    for (size_t i = 0; i < cycle->edge_count; i++) {
        const struct profile_order_edge *edge = &edges[i];
        const struct lock *from = edge->from ? lock_find(profile, records, edge->from) : NULL;
        cycle->edges[i] = (struct order_edge){
            .to = lock_number(cycle, lock_find(profile, records, edge->to)),
            .from = from ? lock_number(cycle, from) : ORDER_NO_LOCK,
            .stack_from = edge->stack_from,
            .stack_to = edge->stack_to,
            .owner_stack = edge->owner_stack,
            .mode = edge->mode,
        };
    }
}

static int add_cycle(struct profile *profile, const struct lock_records *records,
                     const struct profile_order_edge *edges, size_t count)
{
    static const enum order_kind kinds[PROFILE_ORDER_KIND_COUNT] = {
        [PROFILE_ORDER_DEADLOCK] = ORDER_DEADLOCK,
        [PROFILE_ORDER_POTENTIAL] = ORDER_POTENTIAL,
        [PROFILE_ORDER_INCONSISTENCY] = ORDER_INCONSISTENCY,
    };
    struct order_cycle *cycle = &profile->order[profile->order_count];
    const char *why = merged_text(profile, edges[0].why);
    enum order_kind kind = kinds[edges[0].kind];
    *cycle = (struct order_cycle){
        .kind = kind,
        .why = kind == ORDER_POTENTIAL ? NULL
               : why                   ? why
                                       : "cycle",
        .number = edges[0].circle,
        .locks = region_array(&profile->region, 2 * count, sizeof(*cycle->locks)),
        .edges = region_array(&profile->region, count, sizeof(*cycle->edges)),
        .edge_count = count,
    };
    if (!cycle->locks || !cycle->edges)
        return -ENOMEM;
    fill_edges(profile, records, cycle, edges);
    profile->order_count++;
    return 0;
}

int lock_merged_order_load(struct profile *profile, struct lock_records *records)
{
    const struct profile_order_edge *edges = records->order.records;
    size_t count = records->order.count, next, incomplete = 0;
    if (count == 0)
        return 0;
    profile->order = region_array(&profile->region, count, sizeof(*profile->order));
    if (!profile->order)
        return -ENOMEM;
    for (size_t first = 0; first < count; first = next) {
        for (next = first; next < count && edges[next].circle == edges[first].circle;)
            next++;
        if (!is_complete(profile, records, &edges[first], next - first))
            incomplete++;
        else if (add_cycle(profile, records, &edges[first], next - first) != 0)
            return -ENOMEM;
    }
    if (incomplete)
        profile_note(profile, "%zu circles of locks are recorded in part only", incomplete);
    return 0;
}
