// SPDX-License-Identifier: MIT
//
// leak_support.c - see leak_support.h.
#include "tests/unit/leak_support.h"

#include <stdlib.h>

#define BLOCK_BYTES 16
#define FIRST_BLOCK UINT64_C(0x555500000010)
#define DISTANCE 32

static uint64_t slot_of(const struct leak_test_block *block, uint32_t granule_bytes)
{
    uint64_t place = granule_bytes == 32 && block->start & 16;
    return block->bytes | place << PROFILE_LIVE_SIZE_BITS |
           (uint64_t)block->stack << (PROFILE_LIVE_SIZE_BITS + 2);
}

static size_t set_leaf(struct leak_blocks *blocks, uint32_t granule_bytes,
                       const struct leak_test_block *list, size_t count)
{
    uint64_t base = list[0].start & ~(LEAK_LEAF_BYTES - 1);
    struct leak_leaf *leaf = leak_blocks_add_leaf(blocks, base);
    uint32_t *granules = calloc(count, sizeof(granules[0]));
    uint64_t *slots = calloc(count, sizeof(slots[0]));
    size_t filled = 0;
    assert_non_null(leaf);
    assert_non_null(granules);
    assert_non_null(slots);
    for (; filled < count && list[filled].start - base < LEAK_LEAF_BYTES; filled++) {
        granules[filled] = (uint32_t)((list[filled].start - base) / granule_bytes);
        slots[filled] = slot_of(&list[filled], granule_bytes);
    }
    assert_int_equal(leak_leaf_set(leaf, blocks->granule_shift, granules, slots, filled), 0);
    free(granules);
    free(slots);
    return filled;
}

void leak_test_index(struct leak_blocks *blocks, uint32_t granule_bytes,
                     const struct leak_test_block *list, size_t count)
{
    leak_blocks_init(blocks, granule_bytes);
    for (size_t i = 0; i < count;)
        i += set_leaf(blocks, granule_bytes, list + i, count - i);
    assert_int_equal(leak_blocks_finish(blocks), 0);
    assert_int_equal(blocks->count, count);
}

void leak_test_graph(struct leak_graph *graph, struct leak_blocks *blocks, size_t count)
{
    struct leak_test_block *list = calloc(count + 1, sizeof(list[0]));
    assert_non_null(list);
    for (size_t i = 0; i < count; i++)
        list[i] =
            (struct leak_test_block){FIRST_BLOCK + i * DISTANCE, BLOCK_BYTES, (uint32_t)i + 1};
    leak_test_index(blocks, 32, list, count);
    free(list);
    *graph = (struct leak_graph){.blocks = blocks};
    graph->info = calloc(count + 1, sizeof(graph->info[0]));
    graph->nodes = calloc(count + 1, sizeof(graph->nodes[0]));
    assert_non_null(graph->info);
    assert_non_null(graph->nodes);
    leak_test_edges(graph, NULL, 0);
}

void leak_test_graph_release(struct leak_graph *graph, struct leak_blocks *blocks)
{
    free(graph->info);
    free(graph->nodes);
    free(graph->edges.words);
    free(graph->vtables);
    leak_blocks_release(blocks);
}

void leak_test_edges(struct leak_graph *graph, const struct leak_test_edge *edges, size_t count)
{
    size_t next = 0;
    for (uint32_t block = 0; block < graph->blocks->count; block++) {
        leak_node_begin(&graph->nodes[block], &graph->edges);
        for (; next < count && edges[next].from == block; next++)
            assert_int_equal(leak_node_add(&graph->nodes[block], &graph->edges, edges[next].to,
                                           edges[next].offset),
                             0);
    }
    assert_int_equal(next, count);
    leak_node_begin(&graph->nodes[graph->blocks->count], &graph->edges);
}

uint32_t leak_test_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}
