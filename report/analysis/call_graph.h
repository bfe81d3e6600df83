// SPDX-License-Identifier: MIT
//
// call_graph.h - what functions have of one value of a view, and what passes from callers to
// callees: what pprof calls a graph. Each is counted once per stack, however often the stack comes
// by; a function that calls itself directly has no edge to itself, as in pprof.
#ifndef GAIAPROF_CALL_GRAPH_H
#define GAIAPROF_CALL_GRAPH_H

#include "report/analysis/functions.h"
#include "report/analysis/pair_table.h"
#include "report/model/samples.h"

struct call_node {
    int64_t flat;       // of stacks that end in it
    int64_t cum;        // of stacks that have it
    int64_t entry;      // of stacks that begin with it
    int64_t self;       // of stacks where it calls itself
    uint32_t seen;      // 1 + number of the last sample that had it
    uint32_t self_seen; // 1 + number of the last one where it called itself
    bool recursive;
    bool calls_itself;
};

struct call_edge {
    uint32_t caller, callee;
    int64_t value;
    uint32_t seen;
    bool residual; // there were always other functions in between, which were not kept
};

struct call_graph {
    struct function_table functions;
    struct call_node *nodes; // by function
    size_t node_room;
    struct call_edge *edges; // by caller, most first
    uint32_t *by_callee;     // numbers of edges, by callee, most first
    size_t edge_count, edge_room;
    struct pair_table pairs; // while it is built
};

// 0 or -ENOMEM; then nothing is to be released.
int call_graph_init(struct call_graph *graph, struct profile *profile, const struct sample_set *set,
                    size_t value);
void call_graph_release(struct call_graph *graph);

// The same again without the functions that are not `kept` (by number). The values of the others
// stay; edges lead past those that are gone. After an error only release it.
int call_graph_keep(struct call_graph *graph, struct profile *profile, const struct sample_set *set,
                    size_t value, const bool *kept);

// The edges from a function, and the numbers of those to it; returns how many.
size_t call_graph_callees(const struct call_graph *graph, uint32_t function,
                          const struct call_edge **ret_edges);
size_t call_graph_callers(const struct call_graph *graph, uint32_t function,
                          const uint32_t **ret_edges);

#endif
