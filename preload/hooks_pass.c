// SPDX-License-Identifier: MIT
//
// hooks_pass.c - malloc, calloc, realloc and free as the host enters them. Of a sampled heap nearly
// everything passes by here: a countdown, a look into the filter, and on to the real function by a
// jump, without a frame of ours. What does not pass goes to hooks_malloc.c, by a jump as well.
#include "preload/hooks_pass.h"

#include "preload/live_table.h"
#include "preload/own_heap.h"
#include "preload/real.h"
#include "preload/recording.h"
#include "preload/sampler.h"

#include <stdlib.h>

// Nobody wants to know of this allocation. The gate is shut in a child, which may be followed; it
// is asked last, as most heaps are exact.
static inline bool passes(size_t bytes)
{
    return sampler_skips(bytes) && recording_gate.is_open;
}

// Nor of the end of this block, which we know nothing of (and which may be NULL).
static inline bool is_unknown(const void *block)
{
    return sampler_countdown && !own_heap_owns(block) && !live_filter_may_have(block);
}

ENTRY void *malloc(size_t bytes)
{
    return passes(bytes) ? real.malloc(bytes) : hook_malloc(bytes);
}

ENTRY void *calloc(size_t count, size_t bytes)
{
    size_t product;

    if (!__builtin_mul_overflow(count, bytes, &product) && passes(product))
        return real.calloc(count, bytes);
    return hook_calloc(count, bytes);
}

ENTRY void *realloc(void *block, size_t bytes)
{
    if (block && is_unknown(block) && passes(bytes))
        return real.realloc(block, bytes);
    return hook_realloc(block, bytes);
}

ENTRY void free(void *block)
{
    if (is_unknown(block))
        real.free(block);
    else
        hook_free(block);
}
