// SPDX-License-Identifier: MIT
//
// slab.c - a bump allocator over mappings of 4 slabs each, see slab.h.
#include "preload/slab.h"

#include "preload/own_regions.h"
#include "preload/spinlock.h"
#include "preload/sys.h"

#define MAPPING_BYTES (4 * SLAB_BYTES)

static struct spinlock lock;
static char *next;
static size_t left_bytes;

static char *cut(size_t bytes)
{
    char *block;

    if (left_bytes < bytes) {
        block = own_regions_map(MAPPING_BYTES);
        if (!block)
            return NULL;
        next = block;
        left_bytes = MAPPING_BYTES;
    }
    block = next;
    next += bytes;
    left_bytes -= bytes;
    return block;
}

void *slab_allocate(size_t bytes)
{
    char *block;

    if (bytes >= SLAB_BYTES)
        return own_regions_map(bytes);
    if (!spinlock_take(&lock))
        return NULL;
    block = cut((bytes + 63) & ~(size_t)63);
    spinlock_give(&lock);
    return block;
}

void slab_reset(void)
{
    lock.is_taken = 0;
    left_bytes = 0; // the fork may have come between two stores of a cut
}
