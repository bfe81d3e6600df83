// SPDX-License-Identifier: MIT
//
// leak_graph.h - who points to whom, and what follows from it: Memcheck's classes
// (memcheck/docs/mc-manual.xml). Blocks are the nodes; pointers are edges, grouped by the block
// that holds them. The first pointer to the start of a block is in the node itself: a list then
// takes one access to memory for each of its blocks.
//
//   edge = number of the block pointed to, or that with LEAK_EDGE_INTERIOR and, in the next word,
//          how far behind its start it points (LEAK_OFFSET_FAR: that or more)
//
// No memory of a process is touched here.
#ifndef GAIAPROF_LEAK_GRAPH_H
#define GAIAPROF_LEAK_GRAPH_H

#include "report/leaks/leak_blocks.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEAK_EDGE_INTERIOR (UINT32_C(1) << 31)
#define LEAK_OFFSET_FAR UINT32_MAX

// Of each block: its class, and what the scan saw of it.
enum leak_info {
    LEAK_INFO_CLASS = 3,   // enum profile_leak_class; before it is known, DEFINITE
    LEAK_INFO_ROOT = 4,    // a root points to its start, or as good as that
    LEAK_INFO_INNER = 8,   // a root, or a reachable block, points into it
    LEAK_INFO_COUNT = 16,  // begins as an array of C++ objects does, or with the length of the rest
    LEAK_INFO_STRING = 32, // begins as an old std::string does
    LEAK_INFO_VTABLE = 64, // begins with the address of a vtable
};

// The address of a vtable inside of a block.
struct leak_inner_vtable {
    uint32_t block, offset;
};

struct leak_node {
    uint32_t first;  // the block that a pointer in it points to; LEAK_NO_BLOCK: see the others
    uint32_t others; // where its other edges begin; they end where those of the next block begin
};

struct leak_edges {
    uint32_t *words;
    size_t count, room;
};

struct leak_graph {
    const struct leak_blocks *blocks;
    uint8_t *info;           // of each block
    struct leak_node *nodes; // of each block, and one more
    struct leak_edges edges;
    struct leak_inner_vtable *vtables; // ascending
    size_t vtable_count;
};

// What a definite block takes with it. Of blocks that take nothing there is none.
struct leak_clique {
    uint32_t block;
    uint32_t indirect_blocks;
    uint64_t indirect_bytes;
};

struct leak_cliques {
    struct leak_clique *cliques; // ascending
    size_t count, room;
};

// Nodes are filled in their order: begin one, then add its pointers. 0 or -ENOMEM.
static inline void leak_node_begin(struct leak_node *node, const struct leak_edges *edges)
{
    *node = (struct leak_node){LEAK_NO_BLOCK, (uint32_t)edges->count};
}
int leak_node_add(struct leak_node *node, struct leak_edges *edges, uint32_t block,
                  uint64_t offset);

// True if a pointer `offset` bytes into a block counts as one to its start: Memcheck's heuristics.
bool leak_graph_is_start(const struct leak_graph *graph, uint32_t block, uint32_t offset);

// Sets the class of each block. 0 or -ENOMEM.
int leak_graph_classify(struct leak_graph *graph, struct leak_cliques *ret_cliques);

static inline uint32_t leak_graph_class(const struct leak_graph *graph, uint32_t block)
{
    return graph->info[block] & LEAK_INFO_CLASS;
}

#endif
