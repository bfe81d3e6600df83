// SPDX-License-Identifier: MIT
//
// bootstrap.h - a small arena for the allocations that dlsym makes while we look for the real
// malloc. Its blocks are never given back; free and realloc know them by their address.
#ifndef GAIAPROF_BOOTSTRAP_H
#define GAIAPROF_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOOTSTRAP_BYTES (64u << 10)

extern char bootstrap_arena[BOOTSTRAP_BYTES];

// Zeroed memory, aligned to 16. NULL when the arena is used up. Any thread.
void *bootstrap_allocate(size_t bytes);
// The size a block was asked with.
size_t bootstrap_size(const void *block);

static inline bool bootstrap_owns(const void *block)
{
    return (uintptr_t)block - (uintptr_t)bootstrap_arena < BOOTSTRAP_BYTES;
}

#endif
