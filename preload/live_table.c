// SPDX-License-Identifier: MIT
//
// live_table.c - maps the levels of the live-block table, see live_table.h.
#include "preload/live_table.h"

#include "preload/options.h"
#include "preload/sys.h"

#include <string.h>

#define AROUND_BYTES_MAX ((uintptr_t)256 << 10)
#define BRANCH_BYTES (LIVE_BRANCH_ENTRIES * sizeof(struct live_leaf))

struct live_leaf *live_root[LIVE_ROOT_ENTRIES];
unsigned live_granule_shift = 5;
uintptr_t live_granule_mask = 31;
uint16_t live_filter[1 << LIVE_FILTER_BITS];

static size_t leaf_bytes(void)
{
    return sizeof(uint64_t) << (LIVE_LEAF_BITS - live_granule_shift);
}

void live_table_init(unsigned granule_bytes)
{
    live_granule_shift = granule_bytes == 32 ? 5 : 3;
    live_granule_mask = granule_bytes == 32 ? 31 : 7;
}

// Maps what `*entry` points to, unless another thread was faster. NULL without memory.
static void *add_level(void *entry, size_t bytes)
{
    void **place = entry;
    void *fresh = sys_map_private(bytes);
    void *none = NULL;

    if (fresh && !atomic_swap_if(place, &none, fresh)) {
        sys_unmap(fresh, bytes);
        return none;
    }
    return fresh;
}

cold struct live_leaf *live_table_add_leaf(uintptr_t address)
{
    struct live_leaf **root, *branch, *leaf;

    if (address >> LIVE_ADDRESS_BITS)
        return NULL;
    root = &live_root[address >> LIVE_BRANCH_BITS];
    branch = atomic_get_acquire(root);
    if (!branch)
        branch = add_level(root, BRANCH_BYTES);
    if (!branch)
        return NULL;
    leaf = &branch[(address >> LIVE_LEAF_BITS) % LIVE_BRANCH_ENTRIES];
    if (!atomic_get_acquire(&leaf->slots) && !add_level(&leaf->slots, leaf_bytes()))
        return NULL;
    return leaf;
}

cold void live_table_add_stretch(struct live_leaf *leaf, uint64_t *slot, uint64_t bytes)
{
    char *slots = (char *)atomic_get(&leaf->slots);
    size_t stretch = (size_t)((char *)slot - slots) >> LIVE_STRETCH_BITS;

    if (bytes >= LIVE_SPARSE_BYTES || options.heap == HEAP_SAMPLED)
        return; // no neighbours worth the memory
    __atomic_fetch_or(&leaf->stretches, UINT64_C(1) << stretch, __ATOMIC_RELAXED);
    sys_populate(slots + (stretch << LIVE_STRETCH_BITS), (size_t)1 << LIVE_STRETCH_BITS);
}

// The block of a slot's granule, if it reaches to `address`.
static struct live_block block_around(uintptr_t granule, uintptr_t address, uintptr_t *ret_start)
{
    uint64_t *slot = live_slot(granule), value = slot ? atomic_get(slot) : 0;
    struct live_block block = live_block_of(value);
    uintptr_t start = granule + live_place_in(value);

    if (!block.stack || address < start || address - start >= block.bytes)
        return (struct live_block){0};
    *ret_start = start;
    return block;
}

// The nearest slot before `address` in its leaf that has a block, back to `low`. 0: none.
static uintptr_t find_used(uintptr_t address, uintptr_t low)
{
    const struct live_leaf *leaf = live_leaf_of(address);
    const uint64_t *slot = live_slot_in(leaf, address), *end = live_slot_in(leaf, low);

    for (; slot >= end; slot--, address -= (uintptr_t)1 << live_granule_shift)
        if (atomic_get(slot) >> LIVE_STACK_SHIFT)
            return address;
    return 0;
}

// Of arrays of locks all are in one block, or in a few that are used in turn.
static uintptr_t latest[4];

static struct live_block find_latest(uintptr_t address, uintptr_t *ret_start)
{
    struct live_block block = {0};

    for (unsigned i = 0; !block.stack && i < 4; i++)
        block = block_around(atomic_get(&latest[i]), address, ret_start);
    return block;
}

cold struct live_block live_table_find_around(uintptr_t address, uintptr_t *ret_start)
{
    static unsigned next;
    uintptr_t granule = address & ~(((uintptr_t)1 << live_granule_shift) - 1);
    uintptr_t low = granule > AROUND_BYTES_MAX ? granule - AROUND_BYTES_MAX : 0;
    struct live_block block = find_latest(address, ret_start);

    for (uintptr_t at = granule; !block.stack && at > low;) {
        uintptr_t leaf_start = at & ~(((uintptr_t)1 << LIVE_LEAF_BITS) - 1);
        uintptr_t used = live_leaf_of(at) ? find_used(at, leaf_start > low ? leaf_start : low) : 0;

        if (!used && leaf_start <= low)
            break;
        if (!used) {
            at = leaf_start - ((uintptr_t)1 << live_granule_shift);
            continue;
        }
        block = block_around(used, address, ret_start);
        if (block.stack)
            atomic_set(&latest[atomic_add(&next, 1) % 4], used);
        else if (used != granule)
            break; // blocks don't overlap
        at = used - ((uintptr_t)1 << live_granule_shift);
    }
    return block;
}

struct live_block live_table_mark_locks(uintptr_t address, uintptr_t *ret_start)
{
    struct live_block block = live_table_find_around(address, ret_start);

    if (block.stack && !block.has_locks)
        __atomic_fetch_or(live_slot(*ret_start), LIVE_LOCKS_BIT, __ATOMIC_RELAXED);
    return block;
}

static void change_count(const void *block, int change)
{
    uint64_t hash = live_filter_hash(block);
    uint16_t *place = live_filter_place(hash), old = atomic_get(place), changed;

    do {
        if (old >= (uint16_t)~LIVE_TAG_MASK)
            return;
        changed = (uint16_t)((old + (unsigned)change * LIVE_FILTER_ONE) ^ live_filter_tag(hash));
    } while (!atomic_swap_if(place, &old, changed));
}

void live_filter_add(const void *block)
{
    change_count(block, 1);
}

void live_filter_remove(const void *block)
{
    change_count(block, -1);
}

void live_table_unlock(void)
{
    for (unsigned i = 0; i < LIVE_ROOT_ENTRIES; i++) {
        struct live_leaf *branch = atomic_get_acquire(&live_root[i]);

        if (!branch)
            continue;
        sys_unlock((uintptr_t)branch, BRANCH_BYTES);
        for (unsigned j = 0; j < LIVE_BRANCH_ENTRIES; j++)
            if (atomic_get_acquire(&branch[j].slots))
                sys_unlock((uintptr_t)branch[j].slots, leaf_bytes());
    }
}

static void drop_branch(struct live_leaf *branch)
{
    for (unsigned i = 0; i < LIVE_BRANCH_ENTRIES; i++)
        if (branch[i].slots)
            sys_unmap(branch[i].slots, leaf_bytes());
    sys_unmap(branch, BRANCH_BYTES);
}

void live_table_reset(void)
{
    for (unsigned i = 0; i < LIVE_ROOT_ENTRIES; i++)
        if (live_root[i]) {
            drop_branch(live_root[i]);
            live_root[i] = NULL;
        }
    memset(live_filter, 0, sizeof(live_filter));
}
