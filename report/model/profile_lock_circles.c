// SPDX-License-Identifier: MIT
//
// profile_lock_circles.c - circles in a graph: Tarjan's strongly connected components (SIAM J.
// Comput. 1, 1972), without recursion, and shortest circles by breadth-first search. Knows nothing
// of locks. The time is bounded whatever the graph.
#include "report/model/hash.h"
#include "report/model/profile_lock_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CIRCLES_MAX 1000
#define CIRCLE_ARCS_MAX 1000
#define SEARCH_STEPS_MAX 20000000

// --- components

struct tarjan {
    uint32_t *first;   // arcs by node
    uint32_t *targets; // of the arcs
    uint32_t *index;   // by node, from 1; 0: not seen yet
    uint32_t *low;
    uint32_t *next;        // by node: its arc that is looked at next
    uint32_t *path, *open; // stacks of nodes
    uint32_t path_count, open_count, seen;
    uint32_t *components; // from 1; 0: still open
    uint32_t component_count;
};

static int tarjan_init(struct tarjan *tarjan, struct region *region, uint32_t node_count,
                       size_t arc_count)
{
    uint32_t **arrays[] = {&tarjan->index, &tarjan->low,  &tarjan->next,
                           &tarjan->path,  &tarjan->open, &tarjan->components};
    *tarjan = (struct tarjan){0};
    for (size_t i = 0; i < sizeof(arrays) / sizeof(*arrays); i++)
        if (!(*arrays[i] = region_array(region, node_count + (size_t)1, sizeof(uint32_t))))
            return -ENOMEM;
    tarjan->first = region_array(region, node_count + (size_t)2, sizeof(uint32_t));
    tarjan->targets = region_array(region, arc_count + 1, sizeof(uint32_t));
    return tarjan->first && tarjan->targets ? 0 : -ENOMEM;
}

// A counting sort: first[n] is where the arcs of node n begin.
static void sort_arcs(struct tarjan *tarjan, uint32_t node_count, const struct arc *arcs,
                      size_t arc_count)
{
    for (size_t i = 0; i < arc_count; i++)
        tarjan->first[arcs[i].from + 1]++;
    for (uint32_t node = 0; node < node_count; node++)
        tarjan->first[node + 1] += tarjan->first[node];
    memcpy(tarjan->next, tarjan->first, node_count * sizeof(*tarjan->next));
    for (size_t i = 0; i < arc_count; i++)
        tarjan->targets[tarjan->next[arcs[i].from]++] = arcs[i].to;
    memcpy(tarjan->next, tarjan->first, node_count * sizeof(*tarjan->next));
}

static void enter(struct tarjan *tarjan, uint32_t node)
{
    tarjan->index[node] = tarjan->low[node] = ++tarjan->seen;
    tarjan->path[tarjan->path_count++] = node;
    tarjan->open[tarjan->open_count++] = node;
}

static void lower(struct tarjan *tarjan, uint32_t node, uint32_t low)
{
    if (low < tarjan->low[node])
        tarjan->low[node] = low;
}

static void leave(struct tarjan *tarjan)
{
    uint32_t node = tarjan->path[--tarjan->path_count];
    if (tarjan->path_count)
        lower(tarjan, tarjan->path[tarjan->path_count - 1], tarjan->low[node]);
    if (tarjan->low[node] != tarjan->index[node])
        return;
    tarjan->component_count++;
    uint32_t member;
    do {
        member = tarjan->open[--tarjan->open_count];
        tarjan->components[member] = tarjan->component_count;
    } while (member != node);
}

static void visit(struct tarjan *tarjan, uint32_t root)
{
    enter(tarjan, root);
    while (tarjan->path_count) {
        uint32_t node = tarjan->path[tarjan->path_count - 1];
        if (tarjan->next[node] == tarjan->first[node + 1]) {
            leave(tarjan);
            continue;
        }
        uint32_t target = tarjan->targets[tarjan->next[node]++];
        if (tarjan->index[target] == 0)
            enter(tarjan, target);
        else if (tarjan->components[target] == 0)
            lower(tarjan, node, tarjan->index[target]);
    }
}

int graph_components(struct region *region, uint32_t node_count, const struct arc *arcs,
                     size_t arc_count, uint32_t **ret_components)
{
    struct tarjan tarjan;
    if (tarjan_init(&tarjan, region, node_count, arc_count) != 0)
        return -ENOMEM;
    sort_arcs(&tarjan, node_count, arcs, arc_count);
    for (uint32_t node = 0; node < node_count; node++)
        if (tarjan.index[node] == 0)
            visit(&tarjan, node);
    *ret_components = tarjan.components;
    return 0;
}

// --- shortest circles

struct circle_entry {
    UT_hash_handle hh; // by the sorted nodes
};

struct search {
    const struct graph *graph;
    uint32_t *queue;
    uint32_t *via; // by node: the arc it was reached by, valid if `round` is that of the search
    uint32_t *round;
    uint32_t rounds;
    uint64_t steps;
    uint32_t way[CIRCLE_ARCS_MAX], nodes[CIRCLE_ARCS_MAX]; // of the circle at hand
    struct circle *circles;
    size_t circle_count;
    struct circle_entry *known;
    bool cut, failed;
};

int graph_init(struct graph *graph)
{
    graph->first_arc =
        region_array(graph->region, graph->node_count + (size_t)2, sizeof(*graph->first_arc));
    if (!graph->first_arc)
        return -ENOMEM;
    for (size_t i = 0; i < graph->arc_count; i++)
        graph->first_arc[graph->arcs[i].from + 1]++;
    for (uint32_t node = 0; node < graph->node_count; node++)
        graph->first_arc[node + 1] += graph->first_arc[node];
    return 0;
}

// Breadth first from `from`, until `to` is reached.
static bool find_way(struct search *search, uint32_t from, uint32_t to)
{
    const struct graph *graph = search->graph;
    uint32_t head = 0, tail = 0, round = ++search->rounds;
    search->queue[tail++] = from;
    search->round[from] = round;
    while (head < tail) {
        uint32_t node = search->queue[head++];
        for (uint32_t i = graph->first_arc[node]; i < graph->first_arc[node + 1]; i++) {
            uint32_t target = graph->arcs[i].to;
            search->steps++;
            if (search->round[target] == round)
                continue;
            search->round[target] = round;
            search->via[target] = i;
            if (target == to)
                return true;
            search->queue[tail++] = target;
        }
    }
    return false;
}

static int compare_nodes(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static bool is_known(struct search *search, size_t count)
{
    struct circle_entry *found;
    for (size_t i = 0; i < count; i++)
        search->nodes[i] = search->graph->arcs[search->way[i]].from;
    qsort(search->nodes, count, sizeof(*search->nodes), compare_nodes);
    HASH_FIND(hh, search->known, search->nodes, count * sizeof(*search->nodes), found);
    return found != NULL;
}

// From its smallest node on.
static void add_circle(struct search *search, size_t count)
{
    struct region *region = search->graph->region;
    const struct arc *arcs = search->graph->arcs;
    struct circle circle = {region_array(region, count, sizeof(*circle.arcs)), count};
    uint32_t *nodes = region_array(region, count, sizeof(*nodes));
    struct circle_entry *entry = region_alloc(region, sizeof(*entry));
    search->failed |= !circle.arcs || !nodes || !entry;
    if (search->failed)
        return;
    size_t smallest = 0;
    for (size_t i = 1; i < count; i++)
        if (arcs[search->way[i]].from < arcs[search->way[smallest]].from)
            smallest = i;
    for (size_t i = 0; i < count; i++)
        circle.arcs[i] = search->way[(smallest + i) % count];
    search->circles[search->circle_count++] = circle;
    memcpy(nodes, search->nodes, count * sizeof(*nodes));
    HASH_ADD_KEYPTR(hh, search->known, nodes, count * sizeof(*nodes), entry);
}

// `arc`, and the way that was found from its end back to its start.
static void take_circle(struct search *search, uint32_t arc)
{
    const struct arc *arcs = search->graph->arcs;
    size_t count = 1;
    for (uint32_t node = arcs[arc].from; node != arcs[arc].to; node = arcs[search->via[node]].from)
        count++;
    if (count > CIRCLE_ARCS_MAX) {
        search->cut = true;
        return;
    }
    size_t at = count;
    for (uint32_t node = arcs[arc].from; node != arcs[arc].to; node = arcs[search->via[node]].from)
        search->way[--at] = search->via[node];
    search->way[0] = arc;
    if (!is_known(search, count))
        add_circle(search, count);
}

static int search_init(struct search *search, const struct graph *graph)
{
    size_t nodes = graph->node_count + (size_t)1;
    *search = (struct search){
        .graph = graph,
        .queue = region_array(graph->region, nodes, sizeof(uint32_t)),
        .via = region_array(graph->region, nodes, sizeof(uint32_t)),
        .round = region_array(graph->region, nodes, sizeof(uint32_t)),
        .circles = region_array(graph->region, CIRCLES_MAX, sizeof(struct circle)),
    };
    return search->queue && search->via && search->round && search->circles ? 0 : -ENOMEM;
}

int graph_circles(const struct graph *graph, struct circle **ret_circles, size_t *ret_count,
                  bool *ret_cut)
{
    struct search search;
    if (search_init(&search, graph) != 0)
        return -ENOMEM;
    for (uint32_t arc = 0; arc < graph->arc_count && !search.failed; arc++) {
        if (search.circle_count == CIRCLES_MAX || search.steps > SEARCH_STEPS_MAX) {
            search.cut = true;
            break;
        }
        if (find_way(&search, graph->arcs[arc].to, graph->arcs[arc].from))
            take_circle(&search, arc);
    }
    HASH_CLEAR(hh, search.known);
    *ret_circles = search.circles;
    *ret_count = search.circle_count;
    *ret_cut = search.cut;
    return search.failed ? -ENOMEM : 0;
}
