// SPDX-License-Identifier: MIT
//
// leak_heap.c - see leak_heap.h. Headers are read once for each arena and large block: a walk over
// the blocks skips those that lie in what is known already.
#include "report/leak_heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES (UINT64_C(64) << 20) // glibc's HEAP_MAX_SIZE
#define CHUNK_MMAPPED 2
#define CHUNK_ARENA 4
#define CHUNK_FLAGS 7
#define HEADER_BYTES 16

struct heap {
    const struct leak_memory *memory;
    const struct leak_maps *maps;
    uint64_t brk_start;
    struct leak_ranges *found;
    uint64_t known_end; // what is before it needs no look
    uint64_t whole_end; // the blocks up to here are of one piece
};

// The beginning of a part of an arena, in memory aligned to ARENA_BYTES.
struct arena_part {
    uint64_t arena, previous, bytes, writable_bytes;
};

static bool is_arena_size(uint64_t bytes)
{
    return bytes && bytes <= ARENA_BYTES && bytes % LEAK_PAGE_BYTES == 0;
}

// The first part holds the arena itself, right behind this.
static bool is_arena_part(const struct leak_memory *memory, uint64_t start)
{
    struct arena_part part;
    if (!leak_memory_read(memory, start, &part, sizeof(part)))
        return false;
    bool is_first = part.arena - start == 0x20 || part.arena - start == 0x30;
    return is_arena_size(part.bytes) && is_arena_size(part.writable_bytes) &&
           part.bytes <= part.writable_bytes &&
           (part.previous ? part.previous % ARENA_BYTES == 0 : is_first);
}

static void add_known(struct heap *heap, uint64_t start, uint64_t end)
{
    leak_ranges_add(heap->found, start, end);
    heap->known_end = end;
}

// True if glibc's header says where the memory around it begins and ends.
static bool add_by_header(struct heap *heap, uint64_t block)
{
    uint64_t header[2], chunk = block - HEADER_BYTES;
    if (!leak_memory_read(heap->memory, chunk, header, sizeof(header)))
        return false;
    uint64_t bytes = header[1] & ~(uint64_t)CHUNK_FLAGS;
    if (header[1] & CHUNK_MMAPPED && header[0] < chunk && bytes > HEADER_BYTES &&
        bytes < INT64_MAX) {
        add_known(heap, chunk - header[0], chunk + bytes);
        return true;
    }
    uint64_t start = block & ~(ARENA_BYTES - 1);
    if (!(header[1] & CHUNK_ARENA) || !is_arena_part(heap->memory, start))
        return false;
    add_known(heap, start, start + ARENA_BYTES);
    return true;
}

// Of the main arena where brk(2) gave it none: from the first block to the last.
static void add_stretch(struct heap *heap, const struct leak_map *map, uint64_t block, uint64_t end)
{
    leak_ranges_add(heap->found, block - HEADER_BYTES, end);
    heap->whole_end = map->end;
}

static void add_around(struct heap *heap, uint64_t block, uint64_t end)
{
    const struct leak_map *map = leak_maps_find(heap->maps, block);
    if (block < heap->whole_end) {
        struct leak_range *last = &heap->found->ranges[heap->found->count - 1];
        last->end = end > last->end ? end : last->end;
    } else if (map && map->kind == LEAK_MAP_BRK) {
        bool is_inside = heap->brk_start > map->start && heap->brk_start <= block;
        add_known(heap, is_inside ? heap->brk_start : map->start, map->end);
    } else if (map && !add_by_header(heap, block)) {
        add_stretch(heap, map, block, end);
    }
}

// An arena all of whose blocks were freed is known by the table's leaves: they stay.
static void add_empty_arenas(struct heap *heap, const struct leak_blocks *blocks)
{
    uint64_t seen = UINT64_MAX;
    for (size_t i = 0; i < blocks->leaf_count; i++) {
        uint64_t start = blocks->leaves[i].base & ~(ARENA_BYTES - 1);
        const struct leak_map *map = leak_maps_find(heap->maps, start);
        if (start == seen || !map || map->inode || map->kind == LEAK_MAP_BRK)
            continue;
        seen = start;
        if (is_arena_part(heap->memory, start))
            leak_ranges_add(heap->found, start, start + ARENA_BYTES);
    }
}

static void add_mapping(struct heap *heap, uint64_t block)
{
    const struct leak_map *map = leak_maps_find(heap->maps, block);
    if (map)
        add_known(heap, map->start, map->end);
}

void leak_heap_find(const struct leak_blocks *blocks, const struct leak_memory *memory,
                    const struct leak_maps *maps, bool is_glibc, uint64_t brk_start,
                    struct leak_ranges *ret_heap)
{
    struct heap heap = {.memory = memory, .maps = maps, .brk_start = brk_start, .found = ret_heap};
    for (size_t i = 0; i < blocks->leaf_count && !ret_heap->out_of_memory; i++) {
        const struct leak_leaf *leaf = &blocks->leaves[i];
        struct leak_cursor cursor = {.leaf = leaf};
        if (leaf->base + LEAK_LEAF_BYTES <= heap.known_end)
            continue;
        while (leak_cursor_next(&cursor, blocks->granule_shift)) {
            if (cursor.start < heap.known_end)
                continue;
            if (is_glibc)
                add_around(&heap, cursor.start, cursor.start + cursor.bytes);
            else
                add_mapping(&heap, cursor.start);
        }
    }
    if (is_glibc)
        add_empty_arenas(&heap, blocks);
    leak_ranges_sort(ret_heap);
}

uint64_t leak_heap_brk_start(pid_t pid)
{
    char path[64], line[2048];
    uint64_t value = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    const char *at = file && fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
    for (int field = 2; at && field < 47; field++) {
        at = strchr(at + 1, ' ');
        if (at && field == 46)
            value = strtoull(at, NULL, 10);
    }
    if (file)
        fclose(file);
    return value;
}
