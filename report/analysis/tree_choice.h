// SPDX-License-Identifier: MIT
//
// tree_choice.h - which calls of a call tree are worth a line. They are those with most, as many as
// fit the lines that are wanted. Calls without an alternative are a row, and long rows are folded:
// those within the runtime (a container's way to its memory) sooner than the user's own.
#ifndef GAIAPROF_TREE_CHOICE_H
#define GAIAPROF_TREE_CHOICE_H

#include "report/analysis/call_tree.h"

struct chosen_call {
    const struct call_tree_node *node;
    uint32_t parent;
    uint32_t children, first_child; // chosen ones; indices of tree_choice.children
    uint32_t branch;                // the innermost from here up that has siblings; 0: none
    bool runtime;
    uint32_t run, run_length; // its place in a row of calls that may be folded
    uint32_t left_out_count;  // of its callees
    uint64_t left_out;        // their weight
    int64_t left_out_cum;
};

struct tree_choice {
    struct chosen_call *calls; // most first, so that callers come before callees; 0: above all
    size_t count;              // with 0
    uint32_t *children;        // by caller, most first
    uint64_t threshold;        // what is left out side by side has a line if it has so much
    bool folds;
};

// Of calls with at least `least`, those that fit `lines`; 0: all, and nothing is folded. 0 or
// -ENOMEM; then nothing is to be released.
int tree_choice_init(struct tree_choice *choice, const struct call_tree *tree, uint64_t least,
                     size_t lines);
void tree_choice_release(struct tree_choice *choice);

// Whether what is left out beside chosen callees has a line; how many lines there are right below.
bool tree_choice_has_rest(const struct tree_choice *choice, const struct chosen_call *call);
size_t tree_choice_lines_below(const struct tree_choice *choice, const struct chosen_call *call);

// Whether a call is folded away, and is the first of those that are.
bool tree_choice_is_folded(const struct chosen_call *call);
bool tree_choice_begins_fold(const struct chosen_call *call);

#endif
