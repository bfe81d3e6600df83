// SPDX-License-Identifier: MIT
//
// leak_support.h - what the tests of the leak scan share: cmocka, blocks at chosen addresses.
#ifndef GAIAPROF_TESTS_LEAK_SUPPORT_H
#define GAIAPROF_TESTS_LEAK_SUPPORT_H

#include "report/leaks/leak_blocks.h"
#include "report/leaks/leak_graph.h"

// clang-format off
// cmocka.h needs the others before it
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
// clang-format on

struct leak_test_block {
    uint64_t start, bytes;
    uint32_t stack;
};

// An index of blocks in ascending order. To be released.
void leak_test_index(struct leak_blocks *blocks, uint32_t granule_bytes,
                     const struct leak_test_block *list, size_t count);

// The same, of `count` blocks of 16 bytes with stacks 1, 2, ... and no pointers in them.
void leak_test_graph(struct leak_graph *graph, struct leak_blocks *blocks, size_t count);
void leak_test_graph_release(struct leak_graph *graph, struct leak_blocks *blocks);

// Pointers from block to block: from, to, offset. Ascending by `from`.
struct leak_test_edge {
    uint32_t from, to, offset;
};
void leak_test_edges(struct leak_graph *graph, const struct leak_test_edge *edges, size_t count);

// A fixed sequence of numbers for a seed.
uint32_t leak_test_random(uint64_t *state);

#endif
