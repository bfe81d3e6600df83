// SPDX-License-Identifier: MIT
//
// leak_array.c - see leak_array.h.
#include "report/leaks/leak_array.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LARGE_PAGE_BYTES ((size_t)2 << 20)

void *leak_array_new(size_t count, size_t bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, bytes, &total) || total < 2 * LARGE_PAGE_BYTES)
        return calloc(count, bytes);
    total = (total + LARGE_PAGE_BYTES - 1) & ~(LARGE_PAGE_BYTES - 1);
    void *array = total ? aligned_alloc(LARGE_PAGE_BYTES, total) : NULL;
    if (!array)
        return NULL;
    madvise(array, total, MADV_HUGEPAGE);
    return memset(array, 0, total);
}
