// SPDX-License-Identifier: MIT
//
// leak_blocks.h - the live blocks by address: which block does a pointer point into? Blocks are
// numbered in the order of their addresses. The index takes 8 bytes a block and 48 KiB for each
// 4 MiB of addresses (a *leaf*, as in the process's own table) that has many.
//
// Filled by leak_blocks_add_leaf() in ascending order, leak_leaf_set() (of different leaves from
// any thread), leak_blocks_finish(); then any thread may look up.
#ifndef GAIAPROF_LEAK_BLOCKS_H
#define GAIAPROF_LEAK_BLOCKS_H

#include "preload/profile_format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEAK_NO_BLOCK UINT32_MAX
#define LEAK_BLOCKS_MAX (UINT32_C(1) << 31)
#define LEAK_LEAF_BYTES (UINT64_C(1) << PROFILE_LIVE_LEAF_BITS)

// 64 granules of a leaf.
struct leak_granules {
    uint64_t used;   // a block begins in it
    uint64_t placed; // 16 bytes into it
    uint32_t rank;   // blocks of the leaf before these granules
    uint32_t before; // if rank is not 0: the granule of the last of those
};

struct leak_leaf {
    uint64_t base; // address
    uint64_t *slots;
    uint32_t count;
    uint32_t first; // number of its first block
    uint32_t last_granule;
    struct leak_granules *dense; // NULL where there are few blocks:
    uint32_t *granules;          // then this, of each block
};

// Where pointers into 4 MiB of addresses are looked up.
struct leak_region {
    const struct leak_leaf *leaf;     // NULL: no block begins here
    const struct leak_leaf *spanning; // whose last block reaches in here
};

struct leak_blocks {
    unsigned granule_shift;
    struct leak_leaf *leaves;
    size_t leaf_count, leaf_room;
    uint32_t count;
    uint64_t low, span_bytes; // all blocks are in [low, low + span_bytes)
    struct leak_region *root[PROFILE_LIVE_ROOT_ENTRIES];
};

void leak_blocks_init(struct leak_blocks *blocks, uint32_t granule_bytes);
void leak_blocks_release(struct leak_blocks *blocks);

// NULL without memory. `base` is a multiple of LEAK_LEAF_BYTES; all bases ascend.
struct leak_leaf *leak_blocks_add_leaf(struct leak_blocks *blocks, uint64_t base);

// Its blocks: slots as in the process's table, each with a stack, and their granules, ascending.
// 0 or -ENOMEM.
int leak_leaf_set(struct leak_leaf *leaf, unsigned granule_shift, const uint32_t *granules,
                  const uint64_t *slots, size_t count);

// 0, -ENOMEM, or -E2BIG: more than LEAK_BLOCKS_MAX blocks.
int leak_blocks_finish(struct leak_blocks *blocks);

static inline uint64_t leak_slot_bytes(uint64_t slot)
{
    return slot & ((UINT64_C(1) << PROFILE_LIVE_SIZE_BITS) - 1);
}

static inline uint64_t leak_slot_place(uint64_t slot)
{
    return (slot >> PROFILE_LIVE_SIZE_BITS & 1) * 16;
}

static inline uint32_t leak_slot_stack(uint64_t slot)
{
    return (uint32_t)(slot >> (PROFILE_LIVE_SIZE_BITS + 2));
}

// The block that a pointer points into, and how far. A block of 0 bytes counts as one of 1 byte.
// LEAK_NO_BLOCK: none.
uint32_t leak_blocks_find(const struct leak_blocks *blocks, uint64_t pointer, uint64_t *ret_offset);

// The leaf of a block. Its slot is leaf->slots[block - leaf->first].
const struct leak_leaf *leak_blocks_leaf(const struct leak_blocks *blocks, uint32_t block);

// gcc 12 takes a function that only fetches ahead for one without effect, and leaves out its calls.
__attribute__((always_inline)) static inline void
leak_blocks_prefetch(const struct leak_blocks *blocks, uint64_t pointer)
{
    const struct leak_region *regions = blocks->root[pointer >> PROFILE_LIVE_BRANCH_BITS];
    if (!regions)
        return;
    const struct leak_leaf *leaf =
        regions[pointer >> PROFILE_LIVE_LEAF_BITS & (PROFILE_LIVE_BRANCH_ENTRIES - 1)].leaf;
    if (leaf && leaf->dense)
        __builtin_prefetch(
            &leaf->dense[(pointer & (LEAK_LEAF_BYTES - 1)) >> blocks->granule_shift >> 6]);
}

// Goes through the blocks of a leaf: { struct leak_cursor c = {.leaf = leaf}; while
// (leak_cursor_next(&c, shift)) ... }
struct leak_cursor {
    const struct leak_leaf *leaf;
    uint32_t next; // rank
    uint32_t word;
    uint64_t bits;
    uint32_t block; // its number; from here on of the latest block
    uint64_t start, bytes;
};
bool leak_cursor_next(struct leak_cursor *cursor, unsigned granule_shift);

#endif
