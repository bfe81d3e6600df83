// SPDX-License-Identifier: MIT
//
// live_table.c - maps the levels of the live-block table, see live_table.h.
#include "preload/live_table.h"

#include "preload/sys.h"

#define BRANCH_BYTES (LIVE_BRANCH_ENTRIES * sizeof(uint64_t *))

uint64_t **live_root[LIVE_ROOT_ENTRIES];
unsigned live_granule_shift = 4;

static size_t leaf_bytes(void)
{
    return sizeof(uint64_t) << (LIVE_LEAF_BITS - live_granule_shift);
}

void live_table_init(unsigned granule_bytes)
{
    live_granule_shift = granule_bytes == 16 ? 4 : 3;
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

cold uint64_t *live_table_add_leaf(uintptr_t address)
{
    uint64_t ***root, **branch, **leaf;

    if (address >> LIVE_ADDRESS_BITS)
        return NULL;
    root = &live_root[address >> LIVE_BRANCH_BITS];
    branch = atomic_get_acquire(root);
    if (!branch)
        branch = add_level(root, BRANCH_BYTES);
    if (!branch)
        return NULL;
    leaf = &branch[(address >> LIVE_LEAF_BITS) % LIVE_BRANCH_ENTRIES];
    if (!atomic_get_acquire(leaf) && !add_level(leaf, leaf_bytes()))
        return NULL;
    return live_slot(address);
}

static void drop_branch(uint64_t **branch)
{
    for (unsigned i = 0; i < LIVE_BRANCH_ENTRIES; i++)
        if (branch[i])
            sys_unmap(branch[i], leaf_bytes());
    sys_unmap(branch, BRANCH_BYTES);
}

void live_table_reset(void)
{
    for (unsigned i = 0; i < LIVE_ROOT_ENTRIES; i++)
        if (live_root[i]) {
            drop_branch(live_root[i]);
            live_root[i] = NULL;
        }
}
