// SPDX-License-Identifier: MIT
//
// heap.h - what an allocation and a free mean to the profile: the live table, the counters of the
// stack, temporary blocks, the peak. The calling thread is in a hook (holds the guard).
#ifndef GAIAPROF_HEAP_H
#define GAIAPROF_HEAP_H

#include "preload/live_table.h"

#include <stddef.h>
#include <stdint.h>

struct thread_state;

// The real allocator gave `block` to the host's code at `caller`.
void heap_allocated(struct thread_state *self, const void *block, size_t bytes, uintptr_t caller);

// As heap_allocated, unless the allocator made the block by a call that we saw already.
void heap_allocated_once(struct thread_state *self, const void *block, size_t bytes,
                         uintptr_t caller);

// The host frees `block`; before the real free.
void heap_freed(struct thread_state *self, const void *block);

// `block`, taken from the live table before the real realloc, became `moved` (maybe at the same
// address) of `bytes`.
void heap_reallocated(struct thread_state *self, const void *block, struct live_block taken,
                      const void *moved, size_t bytes, uintptr_t caller);

// Adds what the thread kept back to the global count of live bytes.
void heap_send_batch(struct thread_state *self);

// realloc(block, 0) freed it.
void heap_freed_taken(struct thread_state *self, const void *block, struct live_block taken);

#endif
