// SPDX-License-Identifier: MIT
//
// live_table.h - which blocks live, with their stack and size: a shadow of the address space.
// A block's slot is stored only by the block's current owner, and the allocator passes ownership
// on, so plain stores do and there is no lock. The leak scan reads it from another process.
//
//   root[address bits 46..34] -> branch[bits 33..22] -> leaf[bits 21..granule_shift]
//       = {stack : 26 upper bits, locks : 1, place : 1, bytes : 36 lower bits}
//
// A granule is the least distance between two blocks. glibc's blocks are 16-byte aligned but never
// closer than 32 bytes (its smallest chunk): one slot serves 32 bytes, and `place` says at which of
// its two addresses the block is. Other allocators have blocks of 8 bytes side by side.
//
// A live block has a stack. Where there was one that is freed now the slot keeps, in the bits of
// the size, the stack of its allocation (*tombstone*), until another block is entered. Branches and
// leaves are mapped when first needed. A leaf covers 4 MiB of addresses: larger ones would take a
// good part of the address space that a limited host (RLIMIT_AS) has, for heaps that are spread
// out. Its memory comes in stretches of 64 KiB, all pages of one at once: a fault for each would be
// a third of what a growing heap costs.
#ifndef GAIAPROF_LIVE_TABLE_H
#define GAIAPROF_LIVE_TABLE_H

#include "preload/compiler.h"
#include "preload/profile_format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LIVE_ADDRESS_BITS PROFILE_LIVE_ADDRESS_BITS
#define LIVE_LEAF_BITS PROFILE_LIVE_LEAF_BITS
#define LIVE_BRANCH_BITS PROFILE_LIVE_BRANCH_BITS
#define LIVE_BRANCH_ENTRIES PROFILE_LIVE_BRANCH_ENTRIES
#define LIVE_ROOT_ENTRIES PROFILE_LIVE_ROOT_ENTRIES
#define LIVE_SIZE_BITS PROFILE_LIVE_SIZE_BITS
#define LIVE_SIZE_MAX ((UINT64_C(1) << LIVE_SIZE_BITS) - 1)
#define LIVE_PLACE_BIT (UINT64_C(1) << LIVE_SIZE_BITS)
#define LIVE_LOCKS_BIT (LIVE_PLACE_BIT << 1) // locks are in the block: lock_block_freed()
#define LIVE_STACK_SHIFT (LIVE_SIZE_BITS + 2)
static_assert(PROFILE_NODES_MAX < UINT64_C(1) << (64 - LIVE_STACK_SHIFT), "holds any stack");

#define LIVE_STRETCH_BITS 16          // of slots, in bytes
#define LIVE_SPARSE_BYTES (32u << 10) // blocks as large lie far apart

struct live_leaf {
    uint64_t *slots;
    uint64_t stretches; // bit i: stretch i has memory
};
static_assert(sizeof(struct live_leaf) == sizeof(struct profile_live_leaf), "as it is read");
static_assert((8u << LIVE_LEAF_BITS >> 3 >> LIVE_STRETCH_BITS) <= 64, "a bit for each stretch");

// What a slot says, laid out as it is. stack == 0: nothing known of the block.
struct live_block {
    uint64_t bytes : LIVE_SIZE_BITS;
    uint64_t place : 1;
    uint64_t has_locks : 1;
    uint64_t stack : 64 - LIVE_STACK_SHIFT;
};
static_assert(sizeof(struct live_block) == sizeof(uint64_t), "a slot");

extern struct live_leaf *live_root[LIVE_ROOT_ENTRIES];
extern unsigned live_granule_shift;
extern uintptr_t live_granule_mask; // of an address: where in its granule

// `granule_bytes` is the least distance of two blocks: 32 (and each is 16-byte aligned), or 8.
void live_table_init(unsigned granule_bytes);
// In a child made by fork: no blocks.
void live_table_reset(void);
// It may be swapped out, whatever the host has asked for. Any thread.
void live_table_unlock(void);
// Maps the leaf of an address. NULL without memory, or beyond 47 bits.
struct live_leaf *live_table_add_leaf(uintptr_t address);
// The stretch of a slot has no memory yet, and a block of `bytes` is to be entered there.
void live_table_add_stretch(struct live_leaf *leaf, uint64_t *slot, uint64_t bytes);

static inline struct live_leaf *live_leaf_of(uintptr_t address)
{
    struct live_leaf *branch, *leaf;

    if (unlikely(address >> LIVE_ADDRESS_BITS))
        return NULL;
    branch = atomic_get_acquire(&live_root[address >> LIVE_BRANCH_BITS]);
    if (unlikely(!branch))
        return NULL;
    leaf = &branch[(address >> LIVE_LEAF_BITS) % LIVE_BRANCH_ENTRIES];
    return likely(atomic_get_acquire(&leaf->slots)) ? leaf : NULL;
}

// Slots are loaded and stored relaxed: of one block they are ordered by the allocator, which hands
// it from its last owner to the next. `slots` was acquired with the leaf.
static inline uint64_t *live_slot_in(const struct live_leaf *leaf, uintptr_t address)
{
    uint64_t *slots = atomic_get(&leaf->slots);

    return &slots[(address & ((UINT64_C(1) << LIVE_LEAF_BITS) - 1)) >> live_granule_shift];
}

static inline uint64_t *live_slot(uintptr_t address)
{
    const struct live_leaf *leaf = live_leaf_of(address);

    return likely(leaf) ? live_slot_in(leaf, address) : NULL;
}

static inline bool live_has_stretch(const struct live_leaf *leaf, const uint64_t *slot)
{
    size_t offset = (size_t)((const char *)slot - (const char *)atomic_get(&leaf->slots));

    return atomic_get(&leaf->stretches) >> (offset >> LIVE_STRETCH_BITS) & 1;
}

// Where in its granule a block of this slot begins: 0 or 16.
static inline uintptr_t live_place_in(uint64_t slot)
{
    return slot >> (LIVE_SIZE_BITS - 4) & 16;
}

static inline struct live_block live_block_of(uint64_t slot)
{
    struct live_block block;

    memcpy(&block, &slot, sizeof(block));
    return block;
}

// What the slot of an address says of a block there; 0 if that begins elsewhere. (Numbers, not
// structs: of those gcc takes every field apart and puts it together again.)
static inline uint64_t live_value_at(uint64_t slot, const void *address)
{
    return likely(live_place_in(slot) == ((uintptr_t)address & live_granule_mask)) ? slot : 0;
}

// Forgets the block at `address` and returns what was known. Before the block is really freed.
static inline struct live_block live_table_take(const void *address)
{
    uint64_t *slot = live_slot((uintptr_t)address), value = 0;

    if (likely(slot))
        value = live_value_at(atomic_get(slot), address);
    if (likely(value >> LIVE_STACK_SHIFT))
        atomic_set(slot, value >> LIVE_STACK_SHIFT);
    return live_block_of(value);
}

// The stack of the block that was in the granule of `address` before it was freed; 0: none is
// known.
static inline uint32_t live_table_freed_at(const void *address)
{
    uint64_t *slot = live_slot((uintptr_t)address), value = slot ? atomic_get(slot) : 0;

    return value >> LIVE_STACK_SHIFT ? 0 : (uint32_t)value;
}

static inline struct live_block live_table_get(const void *address)
{
    uint64_t *slot = live_slot((uintptr_t)address);

    return live_block_of(slot ? live_value_at(atomic_get(slot), address) : 0);
}

// Enters a block of at most LIVE_SIZE_MAX bytes; returns what the slot said before (a block whose
// free we missed). False in *ret_stored when there is no memory for it.
static inline struct live_block live_table_put(const void *address, struct live_block block,
                                               bool *ret_stored)
{
    struct live_leaf *leaf = live_leaf_of((uintptr_t)address);
    uint64_t *slot, before, after;

    if (unlikely(!leaf) && !(leaf = live_table_add_leaf((uintptr_t)address))) {
        *ret_stored = false;
        return (struct live_block){0};
    }
    slot = live_slot_in(leaf, (uintptr_t)address);
    if (unlikely(!live_has_stretch(leaf, slot)))
        live_table_add_stretch(leaf, slot, block.bytes);
    before = atomic_get(slot);
    block.place = ((uintptr_t)address & live_granule_mask) != 0;
    memcpy(&after, &block, sizeof(after));
    atomic_set(slot, after);
    *ret_stored = true;
    return live_block_of(before);
}

// The block around an address, and where it begins. stack == 0: none is known within 256 KiB before
// it.
struct live_block live_table_find_around(uintptr_t address, uintptr_t *ret_start);
// The same, and it is marked as one that has locks.
struct live_block live_table_mark_locks(uintptr_t address, uintptr_t *ret_start);

// Of a sampled heap hardly any block is in the table, and most frees need not touch it: a word for
// the blocks of each hash of their address, {count : 4, exclusive or of their tags : 12} (a
// counting Bloom filter of one function, Fan et al. 2000; of a block alone the tag is known as
// well). A count that has reached its maximum stays there.
#define LIVE_FILTER_BITS 14
#define LIVE_TAG_BITS 12
#define LIVE_TAG_MASK ((1u << LIVE_TAG_BITS) - 1)
#define LIVE_FILTER_ONE (1u << LIVE_TAG_BITS)
extern uint16_t live_filter[1 << LIVE_FILTER_BITS];

void live_filter_add(const void *block);
void live_filter_remove(const void *block);

static inline uint64_t live_filter_hash(const void *block)
{
    return ((uintptr_t)block >> 3) * UINT64_C(0x9e3779b97f4a7c15);
}

static inline uint16_t *live_filter_place(uint64_t hash)
{
    return &live_filter[hash >> (64 - LIVE_FILTER_BITS)];
}

static inline unsigned live_filter_tag(uint64_t hash)
{
    return (unsigned)(hash >> 32) & LIVE_TAG_MASK; // none of the bits that find the place
}

// False: the block was not added.
static inline bool live_filter_may_have(const void *block)
{
    uint64_t hash = live_filter_hash(block);
    unsigned word = atomic_get(live_filter_place(hash));

    if (likely(word < LIVE_FILTER_ONE))
        return false;
    return word >= 2 * LIVE_FILTER_ONE || (word & LIVE_TAG_MASK) == live_filter_tag(hash);
}

#endif
