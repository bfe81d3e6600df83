// SPDX-License-Identifier: MIT
//
// hooks_heap.h - what every allocation hook does beside its real function: enter, record, leave.
// In a sampled heap most blocks have passed by before (hooks_pass.c).
#ifndef GAIAPROF_HOOKS_HEAP_H
#define GAIAPROF_HOOKS_HEAP_H

#include "preload/compiler.h"
#include "preload/heap.h"
#include "preload/options.h"
#include "preload/recording.h"

// Nothing is recorded of the heap: let it all pass (hooks_pass.c).
static inline void pass_all(void)
{
    if ((recording_gate.is_open || recording_start()) && !guard_is_held())
        sampler_countdown = UINT64_MAX;
}

// All but the frequent case: the first allocations, sampled heaps, a guard that is held.
static cold void hook_allocated_else(const void *block, size_t bytes,
                                     const struct host_frame *caller)
{
    struct thread_state *self;

    if (options.heap == HEAP_OFF) {
        pass_all();
        return;
    }
    self = recording_enter_heap(caller);
    if (!self)
        return;
    if (options.heap == HEAP_EXACT)
        heap_allocated(self, block, bytes, caller);
    else if (!sampler_skips(bytes)) // asked again: it says the same
        heap_sampled(self, block, bytes, caller);
    recording_leave();
}

// The real function gave `block` (not NULL) to the host's code at `caller`.
static inline void hook_allocated(const void *block, size_t bytes, const struct host_frame *caller)
{
    struct thread_state *self = recording_enter_exact_heap();

    if (likely(self)) {
        heap_allocated(self, block, bytes, caller);
        recording_leave();
    } else if (!recording_gate.is_open || !sampler_skips(bytes)) {
        hook_allocated_else(block, bytes, caller);
    }
}

// It had no memory: what was allocated for whom is forgotten.
static cold void hook_not_allocated(void)
{
    if (thread_self)
        thread_self->new_family = 0;
}

// The same for what an allocator may build on its own frequent functions, which we saw already:
// then the block is the latest, or the sampler has been asked: `countdown` is that of before the
// real function.
static inline void hook_allocated_once(const void *block, size_t bytes,
                                       const struct host_frame *caller, uint64_t countdown)
{
    if (unlikely(!block)) {
        hook_not_allocated();
        return;
    }
    if (thread_self && heap_is_latest(thread_self, block))
        return;
    if (options.heap != HEAP_SAMPLED || sampler_countdown == countdown)
        hook_allocated(block, bytes, caller);
}

static cold void hook_freed_else(const void *block, const struct host_frame *caller)
{
    struct thread_state *self;

    if (options.heap == HEAP_OFF || !(self = recording_enter_heap(caller))) {
        if (thread_self)
            thread_self->deleted_block = NULL;
        return;
    }
    heap_freed(self, block, caller);
    recording_leave();
}

// Before the real function frees `block`.
static inline void hook_freed(const void *block, const struct host_frame *caller)
{
    struct thread_state *self = recording_enter_exact_heap();

    if (likely(self)) {
        heap_freed(self, block, caller);
        recording_leave();
    } else if (options.heap != HEAP_SAMPLED || live_filter_may_have(block)) {
        hook_freed_else(block, caller);
    }
}

#endif
