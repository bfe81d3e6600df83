// SPDX-License-Identifier: MIT
//
// leak_heap.h - where the heap is: the memory that the allocator hands blocks out from. What of it
// is no live block is free, or the allocator's own, and no root. It is told from other memory by
// the live blocks in it and by glibc's headers: the kernel merges neighbouring mappings, so a
// mapping says little.
#ifndef GAIAPROF_LEAK_HEAP_H
#define GAIAPROF_LEAK_HEAP_H

#include "report/leaks/leak_blocks.h"
#include "report/leaks/leak_maps.h"
#include "report/leaks/leak_memory.h"
#include "report/leaks/leak_ranges.h"

#include <stdbool.h>
#include <stdint.h>

// `brk_start`: where the memory of brk(2) begins; 0: unknown.
void leak_heap_find(const struct leak_blocks *blocks, const struct leak_memory *memory,
                    const struct leak_maps *maps, bool is_glibc, uint64_t brk_start,
                    struct leak_ranges *ret_heap);

// Of process `pid`; 0: unknown.
uint64_t leak_heap_brk_start(pid_t pid);

#endif
