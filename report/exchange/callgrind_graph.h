// SPDX-License-Identifier: MIT
//
// callgrind_graph.h - samples as callgrind counts them: what each line of a function costs itself,
// and what it costs with everything that is called from there. Internal to exchange/.
//
// What is below a call counts once for each stack, at the outermost call of the function: so the
// inclusive cost of a function, the sum over the calls of it, does not grow with recursion. Further
// calls of it in the same stack are there, at no cost.
#ifndef GAIAPROF_CALLGRIND_GRAPH_H
#define GAIAPROF_CALLGRIND_GRAPH_H

#include "report/model/samples.h"

#define CALLGRIND_VALUES_MAX (2 * SAMPLE_VALUES_MAX)

struct callgrind_function {
    const char *name;
    const char *file;                          // "???": unknown
    const char *module;                        // "???": unknown
    uint32_t number;                           // from 1
    uint32_t file_number, module_number;       // from 1
    uint64_t last_stack;                       // number of the stack it was last met in
    bool has_callers;                          // somewhere
    uint64_t root_stacks;                      // that begin with it
    int64_t root_values[CALLGRIND_VALUES_MAX]; // of those
};

struct callgrind_cost {
    uint32_t function;
    uint32_t line;   // 0: unknown
    uint32_t callee; // 0: the line's own cost
    uint64_t stacks;
    int64_t values[CALLGRIND_VALUES_MAX];
};

struct callgrind_graph {
    struct region region;
    size_t value_count;
    struct callgrind_function **functions; // by number - 1
    size_t function_count;
    struct callgrind_cost **costs; // by function, own costs first, then line and callee
    size_t cost_count;
    int64_t totals[CALLGRIND_VALUES_MAX];
    struct callgrind_names *names; // while it is made
};

// Of a diff, `is_diff`, values are the new ones and, behind them, the old ones: a cost is not below
// 0. -ENOMEM without memory; the graph is to be released all the same.
int callgrind_graph_init(struct callgrind_graph *graph, struct profile *profile,
                         const struct sample_set *set, bool is_diff);
void callgrind_graph_release(struct callgrind_graph *graph);

#endif
