// SPDX-License-Identifier: MIT
//
// stack_sums.h - samples added up by what a format tells of their stacks: those that would read the
// same are one. Internal to exchange/.
#ifndef GAIAPROF_STACK_SUMS_H
#define GAIAPROF_STACK_SUMS_H

#include "report/exchange/stack_trie.h"
#include "report/model/samples.h"

struct stack_sum {
    int64_t value; // of a diff: new - old
    int64_t old;
};

struct stack_sums {
    struct stack_trie trie;
    size_t type_count;
    struct stack_sum *sums; // of each node type_count
    size_t node_room;
};

// Numbers what stands for a place, from 1. 0: without memory.
typedef uint32_t (*place_number_f)(void *numbers, const struct place *place);

// Of the view's types from `first` on `count`. Stacks without any value are left out. -ENOMEM
// without memory; then nothing is to be released.
int stack_sums_init(struct stack_sums *sums, struct profile *profile, const struct sample_set *set,
                    size_t first, size_t count, place_number_f number, void *numbers);
void stack_sums_release(struct stack_sums *sums);

// What the samples with exactly this stack have, not those that are called from it.
struct stack_sum stack_sums_at(const struct stack_sums *sums, uint32_t node, size_t type);

#endif
