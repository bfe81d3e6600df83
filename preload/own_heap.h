// SPDX-License-Identifier: MIT
//
// own_heap.h - memory for what is allocated on our account: by dlsym while we look for the real
// malloc, by the loader and the unwinder while they work for us. Never from the host's allocator:
// a hook may run inside it, with its locks held. Any thread; not async-signal-safe.
#ifndef GAIAPROF_OWN_HEAP_H
#define GAIAPROF_OWN_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OWN_HEAP_BYTES (UINT64_C(8) << 20)

extern uintptr_t own_heap_start; // 0 until it is first used

// Zeroed memory, aligned to 16. NULL and ENOMEM when there is no more.
void *own_heap_allocate(size_t bytes);
void own_heap_free(void *memory);
// The size a block was asked with.
size_t own_heap_size(const void *memory);

// In a child made by fork: another thread of the parent may have been at it.
void own_heap_after_fork(void);

static inline bool own_heap_owns(const void *block)
{
    return (uintptr_t)block - own_heap_start < OWN_HEAP_BYTES && own_heap_start;
}

#endif
