// SPDX-License-Identifier: MIT
//
// live_table.c - maps the levels of the live-block table, see live_table.h.
#include "preload/live_table.h"

#include "preload/options.h"
#include "preload/sys.h"

#include <string.h>

#define BRANCH_BYTES (LIVE_BRANCH_ENTRIES * sizeof(struct live_leaf))

struct live_leaf *live_root[LIVE_ROOT_ENTRIES];
unsigned live_granule_shift = 5;
uintptr_t live_place_mask = 16;
uint16_t live_filter[1 << LIVE_FILTER_BITS];

static size_t leaf_bytes(void)
{
    return sizeof(uint64_t) << (LIVE_LEAF_BITS - live_granule_shift);
}

void live_table_init(unsigned granule_bytes)
{
    live_granule_shift = granule_bytes == 32 ? 5 : 3;
    live_place_mask = granule_bytes == 32 ? 16 : 0;
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
