// SPDX-License-Identifier: MIT
//
// hooks_malloc.c - the C allocation functions of the host. Each calls the real one and records what
// it did; a record is taken away before the real function can hand the block to another thread.
// The names are exported: they come before libc's in every lookup of the host. The four frequent
// ones are entered by way of hooks_pass.c.
#include "preload/compiler.h"
#include "preload/heap_misuse.h"
#include "preload/hooks_heap.h"
#include "preload/hooks_pass.h"
#include "preload/own_heap.h"
#include "preload/real.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

EXPORT void *reallocarray(void *block, size_t count, size_t bytes);
EXPORT void free_sized(void *block, size_t bytes);
EXPORT void free_aligned_sized(void *block, size_t alignment, size_t bytes);
EXPORT void cfree(void *block);

static inline void record(const void *block, size_t bytes, const struct host_frame *caller)
{
    if (likely(block))
        hook_allocated(block, bytes, caller);
    else
        hook_not_allocated();
}

// Whether this allocation is not the host's: the real functions are still being looked for, or the
// loader or the unwinder works for us.
static inline bool is_ours(const struct host_frame *caller)
{
    if (unlikely(!real_is_ready()) && !real_find())
        return true;
    return unlikely(guard_is_held()) && recording_is_own_doing(caller);
}

void *hook_malloc(size_t bytes)
{
    void *block;

    if (unlikely(is_ours(CALLER)))
        return own_heap_allocate(bytes);
    block = real.malloc(bytes);
    record(block, bytes, CALLER);
    return block;
}

void *hook_calloc(size_t count, size_t bytes)
{
    void *block;

    if (unlikely(is_ours(CALLER))) // of a product that overflows, the largest size: refused
        return own_heap_allocate(bytes && count > SIZE_MAX / bytes ? SIZE_MAX : count * bytes);
    block = real.calloc(count, bytes);
    record(block, count * bytes, CALLER); // had the product overflowed, block would be NULL
    return block;
}

// Nothing more is to be done for these.
static inline bool is_freed(void *block)
{
    if (!block)
        return true;
    if (likely(!own_heap_owns(block)))
        return false;
    own_heap_free(block);
    return true;
}

void hook_free(void *block)
{
    if (is_freed(block))
        return;
    hook_freed(block, CALLER);
    if (likely(real_is_ready()) || real_find())
        real.free(block);
}

static cold void *reallocate_own(void *block, size_t bytes)
{
    void *moved = own_heap_allocate(bytes);

    if (block && moved) {
        size_t old_bytes = own_heap_size(block);

        memcpy(moved, block, old_bytes < bytes ? old_bytes : bytes);
        own_heap_free(block);
    }
    return moved;
}

// Before the real realloc, which may hand the block to another thread.
static struct live_block take(void *block, const struct host_frame *caller)
{
    struct live_block taken = {0};
    struct thread_state *self;

    if (options.heap == HEAP_OFF || (options.heap == HEAP_SAMPLED && !live_filter_may_have(block)))
        return taken;
    self = recording_enter_heap(caller);
    if (!self)
        return taken;
    atomic_set(&self->record->in_realloc, 1);
    taken = heap_take(block);
    if (unlikely(!taken.stack) && options.heap == HEAP_EXACT)
        heap_check_unknown(self, block, PROFILE_FREED_BY_REALLOC, caller);
    recording_leave();
    return taken;
}

static void record_realloc(void *block, struct live_block taken, void *moved, size_t bytes,
                           const struct host_frame *caller)
{
    struct thread_state *self;

    if (options.heap == HEAP_OFF)
        return;
    if (options.heap == HEAP_SAMPLED && !taken.stack &&
        (!moved || (recording_gate.is_open && sampler_skips(bytes))))
        return;
    self = recording_enter_heap(caller);
    if (!self)
        return;
    if (moved)
        heap_reallocated(self, block, taken, moved, bytes, caller);
    else if (bytes == 0)
        heap_freed_taken(self, block, taken, PROFILE_FREED_BY_REALLOC, caller);
    else
        heap_put_back(block, taken); // it failed
    atomic_set(&self->record->in_realloc, 0);
    recording_leave();
}

static inline void *reallocate(void *block, size_t bytes, const struct host_frame *caller)
{
    struct live_block taken;
    void *moved;

    if (block ? unlikely(own_heap_owns(block)) : unlikely(is_ours(caller)))
        return reallocate_own(block, bytes);
    if (!block) {
        moved = real.realloc(NULL, bytes);
        record(moved, bytes, caller);
        return moved;
    }
    taken = take(block, caller);
    moved = real.realloc(block, bytes);
    record_realloc(block, taken, moved, bytes, caller);
    return moved;
}

void *hook_realloc(void *block, size_t bytes)
{
    return reallocate(block, bytes, CALLER);
}

// Not by the real one, which calls realloc: the leaf would be libc.
EXPORT void *reallocarray(void *block, size_t count, size_t bytes)
{
    if (bytes && count > SIZE_MAX / bytes) {
        errno = ENOMEM;
        return NULL;
    }
    if (likely(real_is_ready() || real_find()) && unlikely(real_owner.realloc))
        return real_owner.realloc(block, count * bytes);
    return reallocate(block, count * bytes, CALLER);
}

#define REAL_OR_NOMEM(name)                                                                        \
    do {                                                                                           \
        if (!real_find() || !real.name) {                                                          \
            errno = ENOMEM;                                                                        \
            return NULL;                                                                           \
        }                                                                                          \
    } while (0)

EXPORT void *memalign(size_t alignment, size_t bytes)
{
    uint64_t countdown;
    void *block;

    REAL_OR_NOMEM(memalign);
    countdown = sampler_countdown;
    block = real.memalign(alignment, bytes);
    hook_allocated_once(block, bytes, CALLER, countdown);
    return block;
}

EXPORT void *aligned_alloc(size_t alignment, size_t bytes)
{
    uint64_t countdown;
    void *block;

    REAL_OR_NOMEM(aligned_alloc);
    countdown = sampler_countdown;
    block = real.aligned_alloc(alignment, bytes);
    hook_allocated_once(block, bytes, CALLER, countdown);
    return block;
}

EXPORT int posix_memalign(void **ret_block, size_t alignment, size_t bytes)
{
    uint64_t countdown = sampler_countdown;
    int error = real_find() && real.posix_memalign
                    ? real.posix_memalign(ret_block, alignment, bytes)
                    : ENOMEM;

    if (error == 0)
        hook_allocated_once(*ret_block, bytes, CALLER, countdown);
    else
        hook_not_allocated();
    return error;
}

EXPORT void *valloc(size_t bytes)
{
    uint64_t countdown;
    void *block;

    REAL_OR_NOMEM(valloc);
    countdown = sampler_countdown;
    block = real.valloc(bytes);
    hook_allocated_once(block, bytes, CALLER, countdown);
    return block;
}

EXPORT void *pvalloc(size_t bytes)
{
    uint64_t countdown;
    void *block;

    REAL_OR_NOMEM(pvalloc);
    countdown = sampler_countdown;
    block = real.pvalloc(bytes);
    hook_allocated_once(block, bytes, CALLER, countdown);
    return block;
}

static void free_by_owner(void *block)
{
    if (real_owner.free)
        real_owner.free(block);
    else
        real.free(block);
}

// C23; where libc has none of it, the size is only a hint.
EXPORT void free_sized(void *block, size_t bytes)
{
    if (is_freed(block))
        return;
    hook_freed(block, CALLER);
    if (real_find() && real.free_sized)
        real.free_sized(block, bytes);
    else
        free_by_owner(block);
}

EXPORT void free_aligned_sized(void *block, size_t alignment, size_t bytes)
{
    if (is_freed(block))
        return;
    hook_freed(block, CALLER);
    if (real_find() && real.free_aligned_sized)
        real.free_aligned_sized(block, alignment, bytes);
    else
        free_by_owner(block);
}

EXPORT void cfree(void *block)
{
    if (is_freed(block))
        return;
    hook_freed(block, CALLER);
    real_find();
    free_by_owner(block);
}

EXPORT size_t malloc_usable_size(void *block)
{
    if (own_heap_owns(block))
        return own_heap_size(block);
    return real_find() && real.malloc_usable_size ? real.malloc_usable_size(block) : 0;
}
