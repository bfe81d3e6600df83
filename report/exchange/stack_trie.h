// SPDX-License-Identifier: MIT
//
// stack_trie.h - stacks as sequences of numbers, root first, each once: two samples have the same
// stack exactly if they have the same node. What the numbers stand for is the user's choice, so
// that stacks count as equal by what a format tells of them. Internal to exchange/.
#ifndef GAIAPROF_STACK_TRIE_H
#define GAIAPROF_STACK_TRIE_H

#include <stddef.h>
#include <stdint.h>

struct stack_trie_node {
    uint32_t parent; // 0: the root
    uint32_t number;
};

struct stack_trie {
    struct stack_trie_node *nodes; // [0] is the root, which has no number
    uint32_t count;
    uint32_t room;
    uint32_t *slots; // a hash table of nodes
    uint32_t mask;
    uint32_t *path; // of stack_trie_path()
    size_t path_room;
};

// -ENOMEM without memory; then nothing is to be released.
int stack_trie_init(struct stack_trie *trie);
void stack_trie_release(struct stack_trie *trie);

// The node of `number` called from `parent`; it is made where it is missing. 0 without memory.
uint32_t stack_trie_child(struct stack_trie *trie, uint32_t parent, uint32_t number);

// The numbers from the root to a node, until the next call. NULL without memory.
const uint32_t *stack_trie_path(struct stack_trie *trie, uint32_t node, size_t *ret_count);

// Nodes in the order of a walk over the trie, children by rising `ranks` of their numbers (NULL: by
// the numbers): order[0] is the root. NULL without memory; to be freed.
uint32_t *stack_trie_order(const struct stack_trie *trie, const uint32_t *ranks);

#endif
