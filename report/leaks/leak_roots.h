// SPDX-License-Identifier: MIT
//
// leak_roots.h - the memory of a process in which a pointer keeps a block reachable: all that can
// be written, without the heap, what no thread uses of its stack, and what is ours.
#ifndef GAIAPROF_LEAK_ROOTS_H
#define GAIAPROF_LEAK_ROOTS_H

#include "report/leaks/leak_maps.h"
#include "report/leaks/leak_memory.h"
#include "report/leaks/leak_ranges.h"
#include "report/leaks/leak_sweep.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct leak_root_list {
    struct leak_root *roots;
    size_t count, room;
    bool out_of_memory;
};

// Sorted sets of addresses.
struct leak_ground {
    struct leak_ranges own, heap, dead;
    struct leak_ranges extra; // roots, wherever they are
    bool has_unknown_blocks;  // in the heap, whose memory is roots then as well
    uint64_t profile_inode;   // its mappings are ours
};

// 0 or -ENOMEM.
int leak_roots_find(struct leak_root_list *ret_list, const struct leak_ground *ground,
                    const struct leak_maps *maps, const struct leak_memory *memory);
void leak_roots_release(struct leak_root_list *list);

#endif
