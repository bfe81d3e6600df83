// SPDX-License-Identifier: MIT
//
// profile_lock_order.c - the order in which locks are taken: edges from what was held to what was
// acquired, and of the circles of edges those that can end in a deadlock.
#include "report/model/profile_lock_order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// Bounds for what no real program does.
#define HELD_MAX 256        // locks held at once
#define EDGES_MAX 2000000   // of all nestings
#define THREADS_COMPARED 64 // of the edges of a circle

// --- nestings

static int compare_nestings(const void *left, const void *right)
{
    uint32_t a = ((const struct profile_lock_nesting *)left)->next;
    uint32_t b = ((const struct profile_lock_nesting *)right)->next;
    return (a > b) - (a < b);
}

// What a nesting says was held must be how its held lock was acquired.
static uint32_t parent_of(const struct order *order, const struct profile_lock_nesting *nesting)
{
    const struct profile_lock_nesting key = {.next = nesting->held};
    const struct profile_lock_nesting *parent =
        nesting->held == 0
            ? NULL
            : bsearch(&key, order->nestings, order->nesting_count, sizeof(key), compare_nestings);
    bool fits = parent && parent->lock == nesting->held_lock;
    return fits ? (uint32_t)(parent - order->nestings) : ORDER_NONE;
}

static uint32_t node_of(const struct order *order, const struct lock_records *records, uint32_t id)
{
    const struct lock *lock = lock_find(order->profile, records, id);
    return lock ? (uint32_t)(lock - order->profile->locks) : ORDER_NONE;
}

static int link_nestings(struct order *order, const struct lock_records *records)
{
    size_t count = order->nesting_count, stray = 0;
    uint32_t **arrays[] = {&order->parents, &order->nodes, &order->held_nodes};
    for (size_t i = 0; i < sizeof(arrays) / sizeof(*arrays); i++)
        if (!(*arrays[i] = region_array(order->region, count, sizeof(uint32_t))))
            return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        order->parents[i] = parent_of(order, &order->nestings[i]);
        order->nodes[i] = node_of(order, records, order->nestings[i].lock);
        order->held_nodes[i] = node_of(order, records, order->nestings[i].held_lock);
        stray += order->nodes[i] == ORDER_NONE || order->held_nodes[i] == ORDER_NONE;
    }
    if (stray)
        profile_note(order->profile, "%zu nestings are of no known lock", stray);
    return 0;
}

// --- what was held

bool held_walk_next(const struct order *order, struct held_walk *walk, struct held *ret_held)
{
    if (walk->nesting == ORDER_NONE || walk->depth++ == HELD_MAX)
        return false;
    const struct profile_lock_nesting *nesting = &order->nestings[walk->nesting];
    *ret_held = (struct held){
        .node = order->held_nodes[walk->nesting],
        .mode = nesting->held_mode,
        .stack = nesting->held_stack,
    };
    walk->nesting = order->parents[walk->nesting];
    return true;
}

struct held context_held(const struct order *order, const struct context *context)
{
    struct held held = {0};
    struct held_walk walk = {.nesting = context->nesting};
    for (uint32_t i = 0; i <= context->held; i++)
        held_walk_next(order, &walk, &held);
    return held;
}

// --- edges

// A thread that has the lock already does not wait for others to get it.
static bool has_it_already(const struct order *order, uint32_t nesting)
{
    struct held held;
    for (struct held_walk walk = {.nesting = nesting}; held_walk_next(order, &walk, &held);)
        if (held.node == order->nodes[nesting])
            return true;
    return false;
}

static int add_contexts(struct order *order, uint32_t nesting, size_t *room)
{
    struct held held;
    uint32_t depth = 0;
    for (struct held_walk walk = {.nesting = nesting}; held_walk_next(order, &walk, &held);) {
        uint32_t number = depth++;
        if (held.node == ORDER_NONE)
            continue;
        if (order->context_count == EDGES_MAX) {
            order->cut = true;
            return 0;
        }
        void *contexts = order->contexts;
        struct context *context =
            region_push(order->region, &contexts, &order->context_count, room, sizeof(*context));
        if (!context)
            return -ENOMEM;
        order->contexts = contexts;
        *context = (struct context){{held.node, order->nodes[nesting]}, nesting, number};
    }
    return 0;
}

static int collect_contexts(struct order *order)
{
    size_t room = 0;
    for (uint32_t i = 0; i < order->nesting_count; i++) {
        if ((order->nestings[i].mode & PROFILE_ACQUIRE_TRY) || order->nodes[i] == ORDER_NONE ||
            has_it_already(order, i))
            continue;
        if (add_contexts(order, i, &room) != 0)
            return -ENOMEM;
    }
    return 0;
}

static int compare_contexts(const void *left, const void *right)
{
    const struct context *a = left, *b = right;
    if (a->arc.from != b->arc.from)
        return a->arc.from < b->arc.from ? -1 : 1;
    if (a->arc.to != b->arc.to)
        return a->arc.to < b->arc.to ? -1 : 1;
    if (a->nesting != b->nesting)
        return a->nesting < b->nesting ? -1 : 1;
    return (a->held > b->held) - (a->held < b->held);
}

// Only edges within a component can be part of a circle: of most programs none are left.
static int keep_circular(struct order *order)
{
    struct arc *arcs = region_array(order->region, order->context_count + 1, sizeof(*arcs));
    uint32_t *components;
    if (!arcs)
        return -ENOMEM;
    for (size_t i = 0; i < order->context_count; i++)
        arcs[i] = order->contexts[i].arc;
    if (graph_components(order->region, order->graph.node_count, arcs, order->context_count,
                         &components) != 0)
        return -ENOMEM;
    size_t kept = 0;
    for (size_t i = 0; i < order->context_count; i++)
        if (components[arcs[i].from] == components[arcs[i].to])
            order->contexts[kept++] = order->contexts[i];
    order->context_count = kept;
    if (kept)
        qsort(order->contexts, kept, sizeof(*order->contexts), compare_contexts);
    return 0;
}

static int make_graph(struct order *order)
{
    struct graph *graph = &order->graph;
    size_t count = order->context_count;
    graph->arcs = region_array(order->region, count + 1, sizeof(*graph->arcs));
    order->first_context = region_array(order->region, count + 1, sizeof(uint32_t));
    if (!graph->arcs || !order->first_context)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const struct arc *arc = &order->contexts[i].arc;
        const struct arc *last = graph->arc_count ? &graph->arcs[graph->arc_count - 1] : NULL;
        if (last && last->from == arc->from && last->to == arc->to)
            continue;
        order->first_context[graph->arc_count] = (uint32_t)i;
        graph->arcs[graph->arc_count++] = *arc;
    }
    order->first_context[graph->arc_count] = (uint32_t)count;
    return graph_init(graph);
}

// --- the model

static bool is_taken(const struct order_edge *edges, size_t count, uint32_t thread)
{
    for (size_t i = 0; i < count && i < THREADS_COMPARED; i++)
        if (edges[i].thread == thread)
            return true;
    return false;
}

// Of the two threads known of an edge one that no edge before it has, where there is; the first
// gives way last.
static void name_threads(struct order_cycle *cycle, const struct trial *trial)
{
    struct order_edge *edges = cycle->edges;
    for (size_t i = 0; i < cycle->edge_count; i++) {
        const struct profile_lock_nesting *nesting = trial_nesting(trial, i);
        uint32_t other = nesting->other_thread;
        bool takes_other =
            other && is_taken(edges, i, nesting->thread) && !is_taken(edges, i, other);
        edges[i].thread = takes_other ? other : nesting->thread;
    }
    size_t rest = cycle->edge_count - 1;
    uint32_t other = trial_nesting(trial, 0)->other_thread;
    if (other && is_taken(edges + 1, rest, edges[0].thread) && !is_taken(edges + 1, rest, other))
        edges[0].thread = other;
}

static void fill_cycle(struct order_cycle *cycle, const struct trial *trial)
{
    const struct order *order = trial->order;
    for (size_t i = 0; i < cycle->edge_count; i++) {
        const struct context *context = &order->contexts[trial->chosen[i]];
        cycle->locks[i] = &order->profile->locks[context->arc.from];
        cycle->edges[i] = (struct order_edge){
            .from = (uint32_t)i,
            .to = (uint32_t)((i + 1) % cycle->edge_count),
            .stack_from = context_held(order, context).stack,
            .stack_to = trial_nesting(trial, i)->stack,
            .mode = trial_nesting(trial, i)->mode,
        };
    }
    name_threads(cycle, trial);
}

static int add_cycle(struct order *order, const struct circle *circle)
{
    struct region *region = &order->profile->region;
    struct order_cycle *cycle = &order->profile->order[order->profile->order_count];
    *cycle = (struct order_cycle){
        .kind = ORDER_POTENTIAL,
        .locks = region_array(region, circle->count, sizeof(*cycle->locks)),
        .edges = region_array(region, circle->count, sizeof(*cycle->edges)),
        .lock_count = circle->count,
        .edge_count = circle->count,
    };
    struct trial trial = {
        .order = order,
        .circle = circle,
        .chosen = region_array(order->region, circle->count, sizeof(uint32_t)),
    };
    if (!cycle->locks || !cycle->edges || !trial.chosen)
        return -ENOMEM;
    bool found = trial_succeeds(&trial);
    order->cut |= trial.given_up;
    if (trial.given_up)
        return 0;
    if (!found) {
        cycle->kind = ORDER_INCONSISTENCY;
        cycle->why = trial_why_not(&trial);
        for (size_t i = 0; i < circle->count; i++)
            trial.chosen[i] = order->first_context[circle->arcs[i]];
    }
    fill_cycle(cycle, &trial);
    order->profile->order_count++;
    return 0;
}

static int compare_cycles(const void *left, const void *right)
{
    const struct order_cycle *a = left, *b = right;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    if (a->lock_count != b->lock_count)
        return a->lock_count < b->lock_count ? -1 : 1;
    return (a->locks[0]->id > b->locks[0]->id) - (a->locks[0]->id < b->locks[0]->id);
}

static bool contains(const struct order_cycle *cycle, const struct order_cycle *other,
                     const bool *in_cycle, const struct lock *locks)
{
    if (other->kind == ORDER_DEADLOCK || other->lock_count >= cycle->lock_count)
        return false;
    for (size_t i = 0; i < other->lock_count; i++)
        if (!in_cycle[other->locks[i] - locks])
            return false;
    return true;
}

// Where A, B and C nest and A is acquired within C, the circle of A and C says it all: that of A, B
// and C, which A itself prevents, is left out.
static int drop_containing(struct order *order)
{
    struct profile *profile = order->profile;
    bool *in_cycle = region_array(order->region, profile->lock_count, sizeof(*in_cycle));
    size_t kept = 0;
    if (!in_cycle)
        return -ENOMEM;
    for (size_t i = 0; i < profile->order_count; i++) {
        const struct order_cycle *cycle = &profile->order[i];
        bool drop = false;
        for (size_t j = 0; j < cycle->lock_count; j++)
            in_cycle[cycle->locks[j] - profile->locks] = true;
        for (size_t j = 0; j < kept && cycle->kind == ORDER_INCONSISTENCY && !drop; j++)
            drop = contains(cycle, &profile->order[j], in_cycle, profile->locks);
        for (size_t j = 0; j < cycle->lock_count; j++)
            in_cycle[cycle->locks[j] - profile->locks] = false;
        if (!drop)
            profile->order[kept++] = *cycle;
    }
    profile->order_count = kept;
    return 0;
}

static int add_circles(struct order *order)
{
    struct profile *profile = order->profile;
    struct circle *circles;
    size_t count;
    bool cut = false;
    if (graph_circles(&order->graph, &circles, &count, &cut) != 0)
        return -ENOMEM;
    order->cut |= cut;
    struct order_cycle *all =
        region_array(&profile->region, profile->order_count + count + 1, sizeof(*all));
    if (!all)
        return -ENOMEM;
    if (profile->order_count)
        memcpy(all, profile->order, profile->order_count * sizeof(*all));
    profile->order = all;
    for (size_t i = 0; i < count; i++)
        if (add_cycle(order, &circles[i]) != 0)
            return -ENOMEM;
    qsort(all, profile->order_count, sizeof(*all), compare_cycles);
    return drop_containing(order);
}

int lock_order_load(struct profile *profile, struct lock_records *records)
{
    struct record_list *list = &records->nestings;
    if (list->count == 0)
        return 0;
    qsort(list->records, list->count, list->bytes, compare_nestings);
    struct order order = {
        .profile = profile,
        .region = &records->scratch,
        .nestings = list->records,
        .nesting_count = list->count,
        .graph = {.region = &records->scratch, .node_count = (uint32_t)profile->lock_count},
    };
    int error = link_nestings(&order, records);
    if (!error)
        error = collect_contexts(&order);
    if (!error)
        error = keep_circular(&order);
    if (!error && order.context_count)
        error = make_graph(&order);
    if (!error && order.context_count)
        error = add_circles(&order);
    if (order.cut)
        profile_note(profile, "the locks are taken in so many orders that not all were compared");
    return error;
}
