// SPDX-License-Identifier: MIT
//
// call_graph.c - one pass over the samples, each stack from its root. `seen` says whether a stack
// has counted already: no set is cleared between two stacks.
#include "report/analysis/call_graph.h"

#include "report/analysis/analysis.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int make_node_room(struct call_graph *graph)
{
    size_t needed = graph->functions.count;
    if (needed <= graph->node_room)
        return 0;
    size_t room = 2 * needed + 64;
    struct call_node *larger = reallocarray(graph->nodes, room, sizeof(*larger));
    if (!larger)
        return -ENOMEM;
    memset(larger + graph->node_room, 0, (room - graph->node_room) * sizeof(*larger));
    graph->nodes = larger;
    graph->node_room = room;
    return 0;
}

static struct call_edge *edge_new(struct call_graph *graph, uint32_t caller, uint32_t callee)
{
    if (graph->edge_count == graph->edge_room) {
        size_t room = graph->edge_room ? 2 * graph->edge_room : 1024;
        struct call_edge *larger = reallocarray(graph->edges, room, sizeof(*larger));
        if (!larger)
            return NULL;
        graph->edges = larger;
        graph->edge_room = room;
    }
    struct call_edge *edge = &graph->edges[graph->edge_count++];
    *edge = (struct call_edge){.caller = caller, .callee = callee, .residual = true};
    return edge;
}

static struct call_edge *edge_at(struct call_graph *graph, uint32_t caller, uint32_t callee)
{
    uint32_t *number = pair_table_at(&graph->pairs, caller, callee);
    if (!number)
        return NULL;
    if (*number != 0)
        return &graph->edges[*number - 1];
    *number = (uint32_t)graph->edge_count + 1;
    return edge_new(graph, caller, callee);
}

struct stack_value {
    int64_t value;
    uint32_t seen;
};

static int count_edge(struct call_graph *graph, uint32_t caller, uint32_t callee,
                      const struct stack_value *stack, bool residual)
{
    struct call_edge *edge = edge_at(graph, caller, callee);
    if (!edge)
        return -ENOMEM;
    if (edge->seen != stack->seen)
        edge->value += stack->value;
    edge->seen = stack->seen;
    edge->residual &= residual;
    return 0;
}

static void count_node(struct call_node *node, const struct stack_value *stack)
{
    if (node->seen == stack->seen)
        node->recursive = true;
    else
        node->cum += stack->value;
    node->seen = stack->seen;
}

static void count_self(struct call_node *node, const struct stack_value *stack)
{
    if (node->self_seen != stack->seen)
        node->self += stack->value;
    node->self_seen = stack->seen;
    node->calls_itself = true;
}

static int count_stack(struct call_graph *graph, const struct call_path *path,
                       const struct stack_value *stack, const bool *kept)
{
    bool is_first = true, residual = false;
    uint32_t caller = 0;
    for (size_t i = path->count; i-- > 0;) {
        uint32_t function = path->frames[i].function;
        if (kept && !kept[function]) {
            residual = true;
            continue;
        }
        struct call_node *node = &graph->nodes[function];
        count_node(node, stack);
        if (is_first)
            node->entry += stack->value;
        else if (caller == function)
            count_self(node, stack);
        else if (count_edge(graph, caller, function, stack, residual) != 0)
            return -ENOMEM;
        if (i == 0)
            node->flat += stack->value;
        is_first = residual = false;
        caller = function;
    }
    return 0;
}

// --- the order of edges

static int compare_values(const struct call_edge *a, const struct call_edge *b)
{
    uint64_t left = value_magnitude(a->value), right = value_magnitude(b->value);
    return (left < right) - (left > right);
}

static int compare_edges(const void *left, const void *right)
{
    const struct call_edge *a = left, *b = right;
    if (a->caller != b->caller)
        return a->caller < b->caller ? -1 : 1;
    int order = compare_values(a, b);
    return order ? order : (a->callee > b->callee) - (a->callee < b->callee);
}

static int compare_by_callee(const void *left, const void *right, void *edges)
{
    const struct call_edge *a = (const struct call_edge *)edges + *(const uint32_t *)left;
    const struct call_edge *b = (const struct call_edge *)edges + *(const uint32_t *)right;
    if (a->callee != b->callee)
        return a->callee < b->callee ? -1 : 1;
    int order = compare_values(a, b);
    return order ? order : (a->caller > b->caller) - (a->caller < b->caller);
}

static int sort_edges(struct call_graph *graph)
{
    free(graph->by_callee);
    graph->by_callee = calloc(graph->edge_count + 1, sizeof(*graph->by_callee));
    if (!graph->by_callee)
        return -ENOMEM;
    if (graph->edge_count == 0)
        return 0;
    qsort(graph->edges, graph->edge_count, sizeof(*graph->edges), compare_edges);
    for (size_t i = 0; i < graph->edge_count; i++)
        graph->by_callee[i] = (uint32_t)i;
    qsort_r(graph->by_callee, graph->edge_count, sizeof(*graph->by_callee), compare_by_callee,
            graph->edges);
    return 0;
}

// --- the graph

static int build(struct call_graph *graph, struct profile *profile, const struct sample_set *set,
                 size_t value, const bool *kept)
{
    struct call_path path = {0};
    int error = 0;
    for (size_t i = 0; i < set->count && !error; i++) {
        const struct sample *sample = &set->samples[i];
        struct stack_value stack = {.value = sample->values[value], .seen = (uint32_t)i + 1};
        progress_step(profile->progress, "counting", i, set->count);
        if (stack.value == 0)
            continue;
        error = call_path_read(&path, &graph->functions, profile, sample->stack);
        error = error ? error : make_node_room(graph);
        error = error ? error : count_stack(graph, &path, &stack, kept);
    }
    progress_clear(profile->progress);
    call_path_release(&path);
    pair_table_release(&graph->pairs);
    error = error ? error : make_node_room(graph);
    return error ? error : sort_edges(graph);
}

int call_graph_init(struct call_graph *graph, struct profile *profile, const struct sample_set *set,
                    size_t value)
{
    *graph = (struct call_graph){0};
    int error = function_table_init(&graph->functions);
    error = error ? error : build(graph, profile, set, value, NULL);
    if (error)
        call_graph_release(graph);
    return error;
}

int call_graph_keep(struct call_graph *graph, struct profile *profile, const struct sample_set *set,
                    size_t value, const bool *kept)
{
    memset(graph->nodes, 0, graph->node_room * sizeof(*graph->nodes));
    graph->edge_count = 0;
    return build(graph, profile, set, value, kept);
}

void call_graph_release(struct call_graph *graph)
{
    function_table_release(&graph->functions);
    pair_table_release(&graph->pairs);
    free(graph->nodes);
    free(graph->edges);
    free(graph->by_callee);
    *graph = (struct call_graph){0};
}

size_t call_graph_callees(const struct call_graph *graph, uint32_t function,
                          const struct call_edge **ret_edges)
{
    size_t low = 0, high = graph->edge_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (graph->edges[middle].caller < function)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_edges = graph->edges + low;
    while (high < graph->edge_count && graph->edges[high].caller == function)
        high++;
    return high - low;
}

size_t call_graph_callers(const struct call_graph *graph, uint32_t function,
                          const uint32_t **ret_edges)
{
    size_t low = 0, high = graph->edge_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (graph->edges[graph->by_callee[middle]].callee < function)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_edges = graph->by_callee + low;
    while (high < graph->edge_count && graph->edges[graph->by_callee[high]].callee == function)
        high++;
    return high - low;
}
