// SPDX-License-Identifier: MIT
//
// leak_sweep.h - reads all live blocks and all roots once and notes the pointers in them: what a
// leak scan does while the process is stopped.
#ifndef GAIAPROF_LEAK_SWEEP_H
#define GAIAPROF_LEAK_SWEEP_H

#include "report/leaks/leak_blocks.h"
#include "report/leaks/leak_graph.h"
#include "report/leaks/leak_maps.h"
#include "report/leaks/leak_memory.h"
#include "report/leaks/leak_workers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum leak_root_flags {
    LEAK_ROOT_ARENA = 1,    // the allocator's own data: a pointer to a chunk's header is none
    LEAK_ROOT_LEFTOVER = 2, // memory of the heap: live blocks in it are left out
};

struct leak_root {
    uint64_t start, end; // multiples of 8, inside one leaf's addresses, LEAK_ROOT_BYTES_MAX apart
    unsigned flags;      // enum leak_root_flags
};
#define LEAK_ROOT_BYTES_MAX ((uint64_t)1 << 20)

struct leak_sweeper;
struct leak_sweep {
    const struct leak_memory *memory;
    const struct leak_maps *maps;
    const struct leak_blocks *blocks;
    struct leak_graph *graph;
    const struct leak_root *roots;
    struct leak_findings *findings; // of each leaf
    struct leak_sweeper *sweepers[LEAK_WORKERS_MAX];
    uint64_t scanned_bytes;
};

// The pointers in the blocks into `graph`, whose info is there and zero. 0 or -errno.
int leak_sweep_blocks(struct leak_sweep *sweep);

// Then those in roots: marks what they point to. 0 or -errno.
int leak_sweep_roots(struct leak_sweep *sweep, const struct leak_root *roots, size_t count);
void leak_sweep_words(struct leak_sweep *sweep, const uint64_t *words, size_t count);

void leak_sweep_release(struct leak_sweep *sweep);

// What the beginning of a block of `bytes` bytes, of which `words` has at least the first three
// whole words, says of it: LEAK_INFO_COUNT and LEAK_INFO_STRING.
uint8_t leak_sweep_shape(const uint64_t *words, uint64_t bytes);

#endif
