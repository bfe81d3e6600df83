// SPDX-License-Identifier: MIT
//
// heap_misuse.c - see heap_misuse.h. One chain of records, newest first.
//
// That a block was freed before is not believed on the word of our table alone: a library may have
// allocated it anew without our knowledge (RTLD_DEEPBIND). glibc's own marks must say so too: its
// chunk is free, or has the key of its thread cache. Other allocators have no such marks: nothing
// is reported there.
#include "preload/heap_misuse.h"

#include "preload/compiler.h"
#include "preload/profile_writer.h"
#include "preload/real.h"
#include "preload/record_table.h"
#include "preload/stack_capture.h"
#include "preload/stack_table.h"
#include "preload/sys.h"

#include <string.h>

// A chunk of glibc's (malloc/malloc.c): before the block its size with flags; at the end of the
// chunk the size of the next one, whose first flag says that this one is in use.
#define CHUNK_FLAGS 7u
#define CHUNK_PREVIOUS_IN_USE 1u
#define CHUNK_MAPPED 2u
#define KEY_OFFSET 8 // of tcache_entry.key in a block of the thread cache
#define KEY_PROBE_BYTES 1000

RECORD_TABLE(misuses, PROFILE_CHUNK_HEAP_MISUSES, profile_heap_misuse, 5, 1u << 7);

uintptr_t heap_operators_start, heap_operators_end;

static uint32_t newest;

static struct profile_heap_misuse *find(const struct profile_heap_misuse *like)
{
    for (uint32_t id = atomic_get_acquire(&newest); id;) {
        struct profile_heap_misuse *misuse = record_table_at(&misuses, id);

        if (misuse->kind == like->kind && misuse->stack == like->stack &&
            misuse->free_stack == like->free_stack && misuse->freed_by == like->freed_by)
            return misuse;
        id = misuse->next;
    }
    return NULL;
}

static void add(const struct profile_heap_misuse *what)
{
    uint32_t id, head = atomic_get_acquire(&newest);
    struct profile_heap_misuse *misuse = record_table_reserve(&misuses, PROFILE_DROP_MEMORY, &id);

    if (!misuse)
        return;
    *misuse = *what;
    misuse->kind = 0;
    misuse->count = 1;
    misuse->time_ns = sys_monotonic_ns();
    atomic_publish(&misuse->kind, what->kind);
    do
        atomic_set(&misuse->next, head);
    while (!atomic_swap_if(&newest, &head, id));
}

static void report(struct thread_state *self, struct profile_heap_misuse what,
                   const struct host_frame *caller)
{
    struct profile_heap_misuse *known;

    what.free_stack = stack_capture(self, caller);
    what.thread = self->record->claim;
    known = find(&what);
    if (known)
        atomic_add(&known->count, 1);
    else
        add(&what);
}

cold void heap_note_family(struct profile_cell *cell, enum profile_family family)
{
    uint32_t stack = cell_stack(cell);

    if (family == PROFILE_FAMILY_MALLOC) // its stacks have no family noted
        return;
    stack_table_note_family(stack, family);
    family = stack_table_family(stack);
    atomic_set(&cell->stack, stack | (uint32_t)family << PROFILE_CELL_FAMILY_SHIFT);
}

cold void heap_check_family(struct thread_state *self, struct profile_cell *cell, uint64_t bytes,
                            enum profile_freed_by how, const struct host_frame *caller)
{
    uint32_t stack = cell_stack(cell);
    enum profile_family family = stack_table_family(stack);

    // the first look of a thread at blocks that others allocated
    atomic_set(&cell->stack, stack | (uint32_t)family << PROFILE_CELL_FAMILY_SHIFT);
    if (family == PROFILE_FAMILY_MIXED || family == heap_family_of(how))
        return;
    report(self,
           (struct profile_heap_misuse){.kind = PROFILE_HEAP_MISMATCH,
                                        .stack = stack,
                                        .allocated_by = family,
                                        .freed_by = how,
                                        .bytes = bytes},
           caller);
}

static bool is_glibc(void)
{
    return strcmp(profile_header->allocator, "glibc") == 0;
}

// The key that glibc 2.34 and later marks the blocks of its thread caches with: the same for all.
// Of older ones it is an address, of no use to us.
static uint64_t cache_key(void)
{
    void *probe = real.malloc(KEY_PROBE_BYTES);
    uint64_t key = 0;

    if (!probe)
        return 0;
    real.free(probe);
    sys_copy_memory(&key, (const char *)probe + KEY_OFFSET, sizeof(key));
    return key;
}

// Whether glibc takes the block at `address` for a free one.
static bool is_free_chunk(const char *address)
{
    uint64_t size, next_size, key;

    if (!sys_copy_memory(&size, address - sizeof(size), sizeof(size)))
        return true; // a large block: its pages went with it
    if (size & CHUNK_MAPPED)
        return false;
    size &= ~(uint64_t)CHUNK_FLAGS;
    if (!sys_copy_memory(&next_size, address - sizeof(size) + size, sizeof(next_size)))
        return true; // it became the rest of the heap, behind which nothing comes
    if (!sys_copy_memory(&key, address + KEY_OFFSET, sizeof(key)))
        return false;
    return !(next_size & CHUNK_PREVIOUS_IN_USE) || (key && key == cache_key());
}

// Whether glibc's chunk at `start` holds a block of so many bytes, and is in use.
static bool is_chunk_of(uintptr_t start, uint64_t bytes)
{
    uint64_t size, next_size;

    if (!sys_copy_memory(&size, (const char *)start - sizeof(size), sizeof(size)) ||
        (size & ~(uint64_t)CHUNK_FLAGS) < bytes + sizeof(size))
        return false;
    if (size & CHUNK_MAPPED)
        return true;
    size &= ~(uint64_t)CHUNK_FLAGS;
    return sys_copy_memory(&next_size, (const char *)start - sizeof(size) + size,
                           sizeof(next_size)) &&
           (next_size & CHUNK_PREVIOUS_IN_USE);
}

static bool check_interior(struct thread_state *self, const void *address,
                           enum profile_freed_by how, const struct host_frame *caller)
{
    uintptr_t start;
    struct live_block block = live_table_find_around((uintptr_t)address, &start);

    if (!block.stack || (uintptr_t)address == start)
        return false;
    if (is_chunk_of(start, block.bytes))
        report(self,
               (struct profile_heap_misuse){.kind = PROFILE_HEAP_INTERIOR,
                                            .stack = block.stack,
                                            .allocated_by = stack_table_family(block.stack),
                                            .freed_by = how,
                                            .offset = (uintptr_t)address - start,
                                            .bytes = block.bytes},
               caller);
    return true;
}

cold void heap_check_unknown(struct thread_state *self, const void *address,
                             enum profile_freed_by how, const struct host_frame *caller)
{
    uint32_t stack = live_table_freed_at(address);

    if (!is_glibc() || check_interior(self, address, how, caller))
        return;
    if (stack && is_free_chunk(address))
        report(self,
               (struct profile_heap_misuse){.kind = PROFILE_HEAP_FREED_TWICE,
                                            .stack = stack,
                                            .allocated_by = stack_table_family(stack),
                                            .freed_by = how},
               caller);
}

void heap_misuse_reset(void)
{
    if (misuses.reserved)
        record_table_reset(&misuses);
    newest = 0;
}
