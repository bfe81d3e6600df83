// SPDX-License-Identifier: MIT
//
// live_table.h - which blocks live, with their stack and size: a shadow of the address space.
// A block's slot is stored only by the block's current owner, and the allocator passes ownership
// on, so plain stores do and there is no lock. The leak scan reads it from another process.
//
//   root[address bits 46..34] -> branch[bits 33..22] -> leaf[bits 21..granule_shift]
//       = {stack : 27 upper bits, bytes : 37 lower bits}
//
// 0 means no block: a live block has a stack. Branches and leaves are mapped when first needed. A
// leaf covers 4 MiB of addresses: larger ones would take a good part of the address space that a
// limited host (RLIMIT_AS) has, for heaps that are spread out.
#ifndef GAIAPROF_LIVE_TABLE_H
#define GAIAPROF_LIVE_TABLE_H

#include "preload/compiler.h"
#include "preload/profile_format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIVE_ADDRESS_BITS 47
#define LIVE_LEAF_BITS 22
#define LIVE_BRANCH_BITS 34
#define LIVE_BRANCH_ENTRIES (1u << (LIVE_BRANCH_BITS - LIVE_LEAF_BITS))
#define LIVE_ROOT_ENTRIES (1u << (LIVE_ADDRESS_BITS - LIVE_BRANCH_BITS))
#define LIVE_SIZE_BITS 37
#define LIVE_SIZE_MAX ((UINT64_C(1) << LIVE_SIZE_BITS) - 1)
static_assert(PROFILE_NODES_MAX < UINT64_C(1) << (64 - LIVE_SIZE_BITS), "holds any stack");

// What a slot says. stack == 0: nothing known of the block.
struct live_block {
    uint32_t stack;
    uint64_t bytes;
};

extern uint64_t **live_root[LIVE_ROOT_ENTRIES];
extern unsigned live_granule_shift;

// `granule_bytes` is the allocator's alignment, 16 or 8.
void live_table_init(unsigned granule_bytes);
// In a child made by fork: no blocks.
void live_table_reset(void);
// Maps the leaf of an address and returns its slot. NULL without memory, or beyond 47 bits.
uint64_t *live_table_add_leaf(uintptr_t address);

static inline uint64_t *live_slot(uintptr_t address)
{
    uint64_t **branch, *leaf;

    if (unlikely(address >> LIVE_ADDRESS_BITS))
        return NULL;
    branch = atomic_get_acquire(&live_root[address >> LIVE_BRANCH_BITS]);
    if (unlikely(!branch))
        return NULL;
    leaf = atomic_get_acquire(&branch[(address >> LIVE_LEAF_BITS) % LIVE_BRANCH_ENTRIES]);
    if (unlikely(!leaf))
        return NULL;
    return &leaf[(address & ((UINT64_C(1) << LIVE_LEAF_BITS) - 1)) >> live_granule_shift];
}

static inline struct live_block live_block_of(uint64_t slot)
{
    return (struct live_block){(uint32_t)(slot >> LIVE_SIZE_BITS), slot & LIVE_SIZE_MAX};
}

// Forgets the block at `address` and returns what was known. Before the block is really freed.
static inline struct live_block live_table_take(const void *address)
{
    uint64_t *slot = live_slot((uintptr_t)address);
    uint64_t value;

    if (!slot)
        return (struct live_block){0, 0};
    value = atomic_get(slot);
    atomic_set(slot, 0);
    return live_block_of(value);
}

static inline struct live_block live_table_get(const void *address)
{
    uint64_t *slot = live_slot((uintptr_t)address);

    return slot ? live_block_of(atomic_get(slot)) : (struct live_block){0, 0};
}

// Enters a block of at most LIVE_SIZE_MAX bytes; returns what the slot said before (a block whose
// free we missed). False in *ret_stored when there is no memory for it.
static inline struct live_block live_table_put(const void *address, struct live_block block,
                                               bool *ret_stored)
{
    uint64_t *slot = live_slot((uintptr_t)address);
    uint64_t before;

    if (unlikely(!slot) && !(slot = live_table_add_leaf((uintptr_t)address))) {
        *ret_stored = false;
        return (struct live_block){0, 0};
    }
    before = atomic_get(slot);
    atomic_set(slot, (uint64_t)block.stack << LIVE_SIZE_BITS | block.bytes);
    *ret_stored = true;
    return live_block_of(before);
}

#endif
