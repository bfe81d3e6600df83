// SPDX-License-Identifier: MIT
//
// own_heap.c - one reserved range of addresses, cut into blocks of a power of two bytes that go to
// a free list of their size, see own_heap.h. It serves a few small blocks per thread.
#include "preload/own_heap.h"

#include "preload/compiler.h"
#include "preload/own_regions.h"
#include "preload/spinlock.h"
#include "preload/sys.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#define CLASS_MIN 5  // 32 bytes, the header included
#define CLASS_MAX 20 // 1 MiB

struct own_block {
    uint64_t bytes;
    uint32_t class;
    uint32_t reserved;
    struct own_block *next_free; // only while it is free: the host's bytes begin here
};
#define HEADER_BYTES offsetof(struct own_block, next_free)
static_assert(HEADER_BYTES == 16, "keeps the alignment");

uintptr_t own_heap_start;

static struct spinlock lock;
static size_t used_bytes;
static struct own_block *free_blocks[CLASS_MAX + 1];

static bool reserve(void)
{
    void *range;

    if (own_heap_start)
        return true;
    range = own_regions_map(OWN_HEAP_BYTES);
    atomic_publish(&own_heap_start, (uintptr_t)range);
    return range != NULL;
}

static struct own_block *cut(unsigned class)
{
    struct own_block *block;

    if (!reserve() || used_bytes + (UINT64_C(1) << class) > OWN_HEAP_BYTES)
        return NULL;
    block = (struct own_block *)(own_heap_start + used_bytes);
    used_bytes += (size_t)1 << class;
    block->class = class;
    return block;
}

static struct own_block *take(unsigned class)
{
    struct own_block *block = NULL;

    if (class > CLASS_MAX || !spinlock_take(&lock))
        return NULL;
    block = free_blocks[class];
    if (block)
        free_blocks[class] = block->next_free;
    else
        block = cut(class);
    spinlock_give(&lock);
    return block;
}

void *own_heap_allocate(size_t bytes)
{
    unsigned class = CLASS_MIN;
    struct own_block *block;

    while (class <= CLASS_MAX && ((size_t)1 << class) - HEADER_BYTES < bytes)
        class ++;
    block = take(class);
    if (!block) {
        errno = ENOMEM;
        return NULL;
    }
    block->bytes = bytes;
    return memset((char *)block + HEADER_BYTES, 0, bytes);
}

static struct own_block *block_of(const void *memory)
{
    return (struct own_block *)((uintptr_t)memory - HEADER_BYTES);
}

void own_heap_free(void *memory)
{
    struct own_block *block = block_of(memory);

    if (!spinlock_take(&lock))
        return;
    block->next_free = free_blocks[block->class];
    free_blocks[block->class] = block;
    spinlock_give(&lock);
}

size_t own_heap_size(const void *memory)
{
    return block_of(memory)->bytes;
}

void own_heap_after_fork(void)
{
    lock.is_taken = 0;
}
