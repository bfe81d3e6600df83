// SPDX-License-Identifier: MIT
//
// arena.h - memory of one symbolizer: handed out piece by piece, freed whole. Pieces are aligned
// for any type and zeroed. One thread.
#ifndef GAIAPROF_SYMBOLIZE_ARENA_H
#define GAIAPROF_SYMBOLIZE_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; // the newest first
};

// NULL without memory.
void *arena_alloc(struct arena *arena, size_t bytes);

// Copies `bytes` characters and adds a NUL. NULL without memory.
char *arena_copy_string(struct arena *arena, const char *text, size_t bytes);

void arena_release(struct arena *arena);

#endif
