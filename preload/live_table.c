// SPDX-License-Identifier: MIT
//
// live_table.c - maps the levels of the live-block table, see live_table.h.
#include "preload/live_table.h"

#include "preload/sys.h"

uint64_t **live_root;
unsigned live_granule_shift = 4;

// Which entries of the root were filled, for the reset; a table that is larger (2 TiB of heap)
// keeps its other leaves in a forked child.
#define LEAVES_LISTED 65536
static uint32_t leaves[LEAVES_LISTED];
static uint32_t leaf_count;

static size_t leaf_bytes(void)
{
    return sizeof(uint64_t) << (LIVE_LEAF_BITS - live_granule_shift);
}

bool live_table_init(unsigned granule_bytes)
{
    live_granule_shift = granule_bytes == 16 ? 4 : 3;
    if (!live_root)
        live_root = sys_map_private(LIVE_ROOT_ENTRIES * sizeof(live_root[0]));
    return live_root != NULL;
}

cold uint64_t *live_table_add_leaf(uintptr_t address)
{
    uint64_t **entry, *fresh, *none = NULL;

    if (address >> LIVE_ADDRESS_BITS)
        return NULL;
    entry = &live_root[address >> LIVE_LEAF_BITS];
    fresh = sys_map_private(leaf_bytes());
    if (!fresh)
        return NULL;
    if (!atomic_swap_if(entry, &none, fresh)) {
        sys_unmap(fresh, leaf_bytes());
        return live_slot(address);
    }
    uint32_t number = atomic_add(&leaf_count, 1);
    if (number < LEAVES_LISTED)
        leaves[number] = (uint32_t)(address >> LIVE_LEAF_BITS);
    return live_slot(address);
}

void live_table_reset(void)
{
    if (!live_root)
        return;
    for (uint32_t i = 0; i < leaf_count && i < LEAVES_LISTED; i++)
        sys_unmap(live_root[leaves[i]], leaf_bytes());
    leaf_count = 0;
    sys_unmap(live_root, LIVE_ROOT_ENTRIES * sizeof(live_root[0]));
    live_root = NULL;
}
