// SPDX-License-Identifier: MIT
//
// stack_trie.c - see stack_trie.h. A hash table with open addressing, at most half full; a node is
// younger than its parent.
#include "report/exchange/stack_trie.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define ROOM_FIRST 1024u

int stack_trie_init(struct stack_trie *trie)
{
    *trie = (struct stack_trie){.count = 1, .room = ROOM_FIRST, .mask = 2 * ROOM_FIRST - 1};
    trie->nodes = calloc(trie->room, sizeof(*trie->nodes));
    trie->slots = calloc((size_t)trie->mask + 1, sizeof(*trie->slots));
    if (trie->nodes && trie->slots)
        return 0;
    stack_trie_release(trie);
    return -ENOMEM;
}

void stack_trie_release(struct stack_trie *trie)
{
    free(trie->nodes);
    free(trie->slots);
    free(trie->path);
    *trie = (struct stack_trie){0};
}

static uint32_t first_slot(const struct stack_trie *trie, uint32_t parent, uint32_t number)
{
    uint64_t mixed = ((uint64_t)parent << 32 | number) * UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return (uint32_t)(mixed >> 32) & trie->mask;
}

static void put(struct stack_trie *trie, uint32_t node)
{
    const struct stack_trie_node *at = &trie->nodes[node];
    uint32_t slot = first_slot(trie, at->parent, at->number);
    while (trie->slots[slot])
        slot = (slot + 1) & trie->mask;
    trie->slots[slot] = node;
}

static bool grow(struct stack_trie *trie)
{
    if (trie->room > UINT32_MAX / 4)
        return false;
    uint32_t room = 2 * trie->room;
    void *nodes = realloc(trie->nodes, room * sizeof(*trie->nodes));
    if (!nodes)
        return false;
    trie->nodes = nodes;
    uint32_t *slots = calloc(2 * (size_t)room, sizeof(*slots));
    if (!slots)
        return false;
    free(trie->slots);
    trie->slots = slots;
    trie->room = room;
    trie->mask = 2 * room - 1;
    for (uint32_t node = 1; node < trie->count; node++)
        put(trie, node);
    return true;
}

uint32_t stack_trie_child(struct stack_trie *trie, uint32_t parent, uint32_t number)
{
    uint32_t slot = first_slot(trie, parent, number);
    for (; trie->slots[slot]; slot = (slot + 1) & trie->mask) {
        const struct stack_trie_node *node = &trie->nodes[trie->slots[slot]];
        if (node->parent == parent && node->number == number)
            return trie->slots[slot];
    }
    if (trie->count == trie->room && !grow(trie))
        return 0;
    uint32_t node = trie->count++;
    trie->nodes[node] = (struct stack_trie_node){parent, number};
    put(trie, node);
    return node;
}

const uint32_t *stack_trie_path(struct stack_trie *trie, uint32_t node, size_t *ret_count)
{
    size_t count = 0;
    for (uint32_t at = node; at; at = trie->nodes[at].parent)
        count++;
    if (count >= trie->path_room) {
        uint32_t *path = realloc(trie->path, 2 * (count + 1) * sizeof(*path));
        if (!path)
            return NULL;
        trie->path = path;
        trie->path_room = 2 * (count + 1);
    }
    for (size_t i = count; i-- > 0; node = trie->nodes[node].parent)
        trie->path[i] = trie->nodes[node].number;
    *ret_count = count;
    return trie->path;
}

// --- order

struct ranked {
    uint32_t parent, rank, node;
};

static int compare_ranked(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    if (a->parent != b->parent)
        return a->parent < b->parent ? -1 : 1;
    return (a->rank > b->rank) - (a->rank < b->rank);
}

// All nodes, those of one parent together and in order.
static struct ranked *rank_nodes(const struct stack_trie *trie, const uint32_t *ranks)
{
    struct ranked *ranked = calloc(trie->count, sizeof(*ranked));
    for (uint32_t node = 1; ranked && node < trie->count; node++) {
        const struct stack_trie_node *at = &trie->nodes[node];
        uint32_t rank = ranks ? ranks[at->number] : at->number;
        ranked[node] = (struct ranked){at->parent, rank, node};
    }
    if (ranked)
        qsort(ranked + 1, trie->count - 1, sizeof(*ranked), compare_ranked);
    return ranked;
}

// The children of the node on top are pushed last first.
static void walk(const struct ranked *ranked, const uint32_t *firsts, uint32_t *stack,
                 uint32_t *order)
{
    uint32_t depth = 1, count = 0;
    stack[0] = 0;
    while (depth > 0) {
        uint32_t node = stack[--depth];
        order[count++] = node;
        for (uint32_t i = firsts[node + 1]; i-- > firsts[node];)
            stack[depth++] = ranked[i].node;
    }
}

uint32_t *stack_trie_order(const struct stack_trie *trie, const uint32_t *ranks)
{
    struct ranked *ranked = rank_nodes(trie, ranks);
    uint32_t *firsts = calloc((size_t)trie->count + 2, sizeof(*firsts));
    uint32_t *stack = calloc(trie->count, sizeof(*stack));
    uint32_t *order = calloc(trie->count, sizeof(*order));
    if (ranked && firsts && stack && order) {
        uint32_t next = 1;
        for (uint32_t node = 0; node <= trie->count; node++) {
            while (next < trie->count && ranked[next].parent < node)
                next++;
            firsts[node] = next;
        }
        walk(ranked, firsts, stack, order);
    } else {
        free(order);
        order = NULL;
    }
    free(ranked);
    free(firsts);
    free(stack);
    return order;
}
