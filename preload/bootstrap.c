// SPDX-License-Identifier: MIT
//
// bootstrap.c - the bump arena, see bootstrap.h. Each block has 16 bytes before it, with its size.
#include "preload/bootstrap.h"

#include "preload/compiler.h"

#include <errno.h>

char bootstrap_arena[BOOTSTRAP_BYTES] __attribute__((aligned(16)));
static size_t used_bytes;

void *bootstrap_allocate(size_t bytes)
{
    size_t need = 16 + ((bytes + 15) & ~(size_t)15);
    size_t start;

    if (bytes > BOOTSTRAP_BYTES || (start = atomic_add(&used_bytes, need)) + need > BOOTSTRAP_BYTES) {
        errno = ENOMEM;
        return NULL;
    }
    *(size_t *)(bootstrap_arena + start) = bytes;
    return bootstrap_arena + start + 16;
}

size_t bootstrap_size(const void *block)
{
    return *(const size_t *)((const char *)block - 16);
}
