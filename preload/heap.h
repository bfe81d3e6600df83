// SPDX-License-Identifier: MIT
//
// heap.h - what an allocation and a free mean to the profile: the live table, the counters of the
// stack, temporary blocks, the peak. The calling thread is in a hook (holds the guard).
#ifndef GAIAPROF_HEAP_H
#define GAIAPROF_HEAP_H

#include "preload/live_table.h"

#include <stddef.h>
#include <stdint.h>

struct host_frame;
struct thread_state;

// The real allocator gave `block` to the host's code at `caller`.
void heap_allocated(struct thread_state *self, const void *block, size_t bytes,
                    const struct host_frame *caller);

// The same for the one allocation of many that the thread's sampler took: it stands for others.
void heap_sampled(struct thread_state *self, const void *block, size_t bytes,
                  const struct host_frame *caller);

// Whether `block` is what the thread allocated last, and is there still.
bool heap_is_latest(const struct thread_state *self, const void *block);

// The host's code at `caller` frees `block`; before the real free.
void heap_freed(struct thread_state *self, const void *block, const struct host_frame *caller);

// Forgets `block`, before the real realloc, and says what it was; stack == 0: nothing known.
struct live_block heap_take(const void *block);
// The realloc failed: the block is still what it was.
void heap_put_back(const void *block, struct live_block taken);
// realloc(block, 0) freed it.
void heap_freed_taken(struct thread_state *self, const void *block, struct live_block taken,
                      enum profile_freed_by how, const struct host_frame *caller);
// It became `moved` (maybe at the same address) of `bytes`.
void heap_reallocated(struct thread_state *self, const void *block, struct live_block taken,
                      const void *moved, size_t bytes, const struct host_frame *caller);

// Adds what the thread kept back to the global count of live bytes.
void heap_send_batch(struct thread_state *self);

#endif
