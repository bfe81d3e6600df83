// SPDX-License-Identifier: MIT
//
// leak_graph.c - see leak_graph.h. The classes do not depend on the order of the walk, but for
// cliques: those are made in the order of addresses, as Memcheck does.
//
//   reachable  from roots over pointers to starts
//   possible   from roots over any pointers
//   indirect   from other blocks that nobody reaches: taken in by a leader, the first of them by
//              address that none of the earlier ones reaches; a later leader takes in whole cliques
//   definite   the leaders
#include "report/leaks/leak_graph.h"

#include <errno.h>
#include <stdlib.h>

// Marked blocks, whose edges are to be followed. Each enters a pass once.
struct pending {
    uint32_t *blocks;
    size_t count, room;
    bool out_of_memory;
};

static inline void push(struct pending *pending, uint32_t block)
{
    if (__builtin_expect(pending->count == pending->room, 0)) {
        size_t room = pending->room ? 2 * pending->room : 4096;
        uint32_t *blocks = reallocarray(pending->blocks, room, sizeof(blocks[0]));
        if (!blocks) {
            pending->out_of_memory = true;
            return;
        }
        pending->blocks = blocks;
        pending->room = room;
    }
    pending->blocks[pending->count++] = block;
}

static int make_room(struct leak_edges *edges)
{
    size_t room = edges->room ? 2 * edges->room : 1024;
    uint32_t *words = reallocarray(edges->words, room, sizeof(words[0]));
    if (!words)
        return -ENOMEM;
    edges->words = words;
    edges->room = room;
    return 0;
}

int leak_node_add(struct leak_node *node, struct leak_edges *edges, uint32_t block, uint64_t offset)
{
    if (offset == 0 && node->first == LEAK_NO_BLOCK) {
        node->first = block;
        return 0;
    }
    if (__builtin_expect(edges->room - edges->count < 2, 0) && make_room(edges) != 0)
        return -ENOMEM;
    if (offset == 0) {
        edges->words[edges->count++] = block;
        return 0;
    }
    edges->words[edges->count++] = block | LEAK_EDGE_INTERIOR;
    edges->words[edges->count++] = offset < LEAK_OFFSET_FAR ? (uint32_t)offset : LEAK_OFFSET_FAR;
    return 0;
}

static bool has_inner_vtable(const struct leak_graph *graph, uint32_t block, uint32_t offset)
{
    uint64_t key = (uint64_t)block << 32 | offset;
    size_t low = 0, high = graph->vtable_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct leak_inner_vtable *at = &graph->vtables[middle];
        if (((uint64_t)at->block << 32 | at->offset) < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < graph->vtable_count && graph->vtables[low].block == block &&
           graph->vtables[low].offset == offset;
}

bool leak_graph_is_start(const struct leak_graph *graph, uint32_t block, uint32_t offset)
{
    uint8_t info = graph->info[block];
    if (offset == 0 || (offset == 8 && info & LEAK_INFO_COUNT) ||
        (offset == 24 && info & LEAK_INFO_STRING))
        return true;
    return info & LEAK_INFO_VTABLE && has_inner_vtable(graph, block, offset);
}

// Goes through the edges of a block.
struct edges {
    const uint32_t *at, *end;
    uint32_t first;
    uint32_t block, offset; // of the latest
};

static inline struct edges edges_of(const struct leak_graph *graph, uint32_t block)
{
    const struct leak_node *node = &graph->nodes[block];
    return (struct edges){.at = graph->edges.words + node->others,
                          .end = graph->edges.words + node[1].others,
                          .first = node->first};
}

static inline bool next_edge(struct edges *edges)
{
    uint32_t word = edges->first;
    edges->first = LEAK_NO_BLOCK;
    edges->offset = 0;
    if (word == LEAK_NO_BLOCK) {
        if (edges->at == edges->end)
            return false;
        word = *edges->at++;
        if (word & LEAK_EDGE_INTERIOR)
            edges->offset = *edges->at++;
    }
    edges->block = word & ~LEAK_EDGE_INTERIOR;
    return true;
}

static inline bool mark(struct leak_graph *graph, uint32_t block, uint8_t class)
{
    if (graph->info[block] & LEAK_INFO_CLASS)
        return false;
    graph->info[block] |= class;
    return true;
}
static_assert(PROFILE_LEAK_DEFINITE == 0, "what nothing marks");

// A block a few pushes ago is fetched before it is looked at.
static inline void push_soon(const struct leak_graph *graph, struct pending *pending,
                             uint32_t block)
{
    __builtin_prefetch(&graph->nodes[block]);
    push(pending, block);
}

static void follow_reachable(struct leak_graph *graph, struct pending *pending)
{
    while (pending->count) {
        struct edges edge = edges_of(graph, pending->blocks[--pending->count]);
        while (next_edge(&edge)) {
            if (edge.offset && !leak_graph_is_start(graph, edge.block, edge.offset))
                graph->info[edge.block] |= LEAK_INFO_INNER;
            else if (mark(graph, edge.block, PROFILE_LEAK_REACHABLE))
                push_soon(graph, pending, edge.block);
        }
    }
}

static void follow_possible(struct leak_graph *graph, struct pending *pending)
{
    while (pending->count) {
        struct edges edge = edges_of(graph, pending->blocks[--pending->count]);
        while (next_edge(&edge))
            if (mark(graph, edge.block, PROFILE_LEAK_POSSIBLE))
                push_soon(graph, pending, edge.block);
    }
}

static void mark_reached(struct leak_graph *graph, struct pending *pending)
{
    uint32_t count = graph->blocks->count;
    for (uint32_t block = 0; block < count; block++)
        if (graph->info[block] & LEAK_INFO_ROOT && mark(graph, block, PROFILE_LEAK_REACHABLE)) {
            push(pending, block);
            follow_reachable(graph, pending);
        }
    for (uint32_t block = 0; block < count; block++)
        if (graph->info[block] & LEAK_INFO_INNER && mark(graph, block, PROFILE_LEAK_POSSIBLE)) {
            push(pending, block);
            follow_possible(graph, pending);
        }
}

// --- cliques

static uint64_t bytes_of(const struct leak_graph *graph, uint32_t block)
{
    const struct leak_leaf *leaf = leak_blocks_leaf(graph->blocks, block);
    return leak_slot_bytes(leaf->slots[block - leaf->first]);
}

static const struct leak_clique *find_clique(const struct leak_cliques *cliques, uint32_t block)
{
    size_t low = 0, high = cliques->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cliques->cliques[middle].block < block)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < cliques->count && cliques->cliques[low].block == block;
    return found ? &cliques->cliques[low] : NULL;
}

static int add_clique(struct leak_cliques *cliques, const struct leak_clique *clique)
{
    if (cliques->count == cliques->room) {
        size_t room = cliques->room ? 2 * cliques->room : 256;
        struct leak_clique *wider = reallocarray(cliques->cliques, room, sizeof(wider[0]));
        if (!wider)
            return -ENOMEM;
        cliques->cliques = wider;
        cliques->room = room;
    }
    cliques->cliques[cliques->count++] = *clique;
    return 0;
}

// A block joins; if it led a clique of its own, that does too.
static void join(const struct leak_graph *graph, const struct leak_cliques *cliques,
                 struct leak_clique *clique, uint32_t block)
{
    clique->indirect_blocks++;
    clique->indirect_bytes += bytes_of(graph, block);
    const struct leak_clique *led = block < clique->block ? find_clique(cliques, block) : NULL;
    if (led) {
        clique->indirect_blocks += led->indirect_blocks;
        clique->indirect_bytes += led->indirect_bytes;
    }
}

static void gather(struct leak_graph *graph, const struct leak_cliques *cliques,
                   struct leak_clique *clique, struct pending *pending)
{
    push(pending, clique->block);
    while (pending->count) {
        struct edges edge = edges_of(graph, pending->blocks[--pending->count]);
        while (next_edge(&edge)) {
            if (edge.block == clique->block || !mark(graph, edge.block, PROFILE_LEAK_INDIRECT))
                continue;
            join(graph, cliques, clique, edge.block);
            push_soon(graph, pending, edge.block);
        }
    }
}

static int make_cliques(struct leak_graph *graph, struct leak_cliques *cliques,
                        struct pending *pending)
{
    uint32_t count = graph->blocks->count;
    for (uint32_t block = 0; block < count; block++) {
        if (leak_graph_class(graph, block) != PROFILE_LEAK_DEFINITE)
            continue;
        struct leak_clique clique = {.block = block};
        gather(graph, cliques, &clique, pending);
        if (clique.indirect_blocks && add_clique(cliques, &clique) != 0)
            return -ENOMEM;
    }
    return 0;
}

int leak_graph_classify(struct leak_graph *graph, struct leak_cliques *ret_cliques)
{
    struct pending pending = {0};
    *ret_cliques = (struct leak_cliques){0};
    mark_reached(graph, &pending);
    int error = make_cliques(graph, ret_cliques, &pending);
    if (pending.out_of_memory)
        error = -ENOMEM;
    free(pending.blocks);
    if (error) {
        free(ret_cliques->cliques);
        *ret_cliques = (struct leak_cliques){0};
    }
    return error;
}
