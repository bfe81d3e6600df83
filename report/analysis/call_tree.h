// SPDX-License-Identifier: MIT
//
// call_tree.h - stacks merged from their roots: a node is a function as it was called by the one
// above it.
#ifndef GAIAPROF_CALL_TREE_H
#define GAIAPROF_CALL_TREE_H

#include "report/analysis/functions.h"
#include "report/model/samples.h"

#define CALL_LINES_MAX 3

// Children come after their parents; node 0 is above all roots.
struct call_tree_node {
    uint32_t parent, function;
    int64_t flat, cum;
    uint64_t weight;     // sum of the magnitudes of what cum is the sum of
    uint64_t own_weight; // the part of it that is no callee's
    uint32_t children;
    uint32_t lines[CALL_LINES_MAX]; // of the calls; of leaves, of what was counted
    uint8_t line_count;             // one more than there is room for: there are more
    bool inlined;                   // always
};

struct call_tree {
    struct function_table functions;
    struct call_tree_node *nodes;
    size_t count, room;
};

// Of one value of the samples. 0 or -ENOMEM; then nothing is to be released.
int call_tree_init(struct call_tree *tree, struct profile *profile, const struct sample_set *set,
                   size_t value);
void call_tree_release(struct call_tree *tree);

#endif
