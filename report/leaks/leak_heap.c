// SPDX-License-Identifier: MIT
//
// leak_heap.c - see leak_heap.h. Headers are read once for each arena and large block: a walk over
// the blocks skips those that lie in what is known already. Where the kernel has merged the
// allocator's memory with the program's, glibc's chunks, one behind the other, tell which is which.
#include "report/leaks/leak_heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES (UINT64_C(64) << 20) // glibc's HEAP_MAX_SIZE
#define CHUNK_AFTER_USED 1
#define CHUNK_MMAPPED 2
#define CHUNK_ARENA 4
#define CHUNK_FLAGS 7
#define CHUNK_BYTES_MIN 32
#define HEADER_BYTES 16
#define WINDOW_BYTES ((uint64_t)64 << 10)
#define WINDOW_STEP_BYTES ((uint64_t)4 << 10) // behind a chunk larger than that so much is enough

// A walk from chunk to chunk. Chunks are read a window of memory at a time.
struct walk {
    uint64_t at;             // the next chunk
    uint64_t previous_bytes; // of the chunk before it
    uint64_t window_start, window_bytes;
    uint64_t window[WINDOW_BYTES / sizeof(uint64_t)];
};

struct heap {
    const struct leak_memory *memory;
    const struct leak_maps *maps;
    uint64_t brk_start;
    struct leak_ranges *found;
    uint64_t known_end; // what is before it needs no look
    struct walk walk;
    const struct leak_map *stretch_map; // NULL: no stretch is open; found->ranges' last one is it
    uint64_t last_block;                // of the stretch, and where it ends
    uint64_t last_end;
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

// --- from chunk to chunk

static bool read_chunk(struct heap *heap, uint64_t map_end, uint64_t ret_words[2])
{
    struct walk *walk = &heap->walk;
    if (walk->at > map_end - HEADER_BYTES)
        return false;
    if (walk->at - walk->window_start > walk->window_bytes - HEADER_BYTES ||
        walk->window_bytes == 0) {
        uint64_t most = walk->previous_bytes > WINDOW_STEP_BYTES ? WINDOW_STEP_BYTES : WINDOW_BYTES;
        walk->window_start = walk->at;
        walk->window_bytes = map_end - walk->at < most ? map_end - walk->at : most;
        struct leak_range range = {walk->at, walk->at + walk->window_bytes};
        leak_memory_read_ranges(heap->memory, &range, 1, walk->window);
    }
    memcpy(ret_words, &walk->window[(walk->at - walk->window_start) / sizeof(uint64_t)],
           HEADER_BYTES);
    return true;
}

// Goes on behind the chunk that is next, if it is one of the main arena. A fence of two small
// chunks is where a piece of it ends.
static bool walk_on(struct heap *heap, uint64_t map_end)
{
    struct walk *walk = &heap->walk;
    uint64_t words[2];
    if (!read_chunk(heap, map_end, words))
        return false;
    uint64_t bytes = words[1] & ~(uint64_t)CHUNK_FLAGS;
    if (words[1] & (CHUNK_MMAPPED | CHUNK_ARENA) || bytes % HEADER_BYTES || bytes < HEADER_BYTES ||
        bytes > map_end - walk->at)
        return false;
    if (!(words[1] & CHUNK_AFTER_USED) && walk->previous_bytes && words[0] != walk->previous_bytes)
        return false;
    walk->at += bytes;
    walk->previous_bytes = bytes;
    return true;
}

// To the chunk behind that of a block. False: the block has none.
static bool walk_from(struct heap *heap, uint64_t map_end, uint64_t block, uint64_t end)
{
    heap->walk.at = block - HEADER_BYTES;
    heap->walk.previous_bytes = 0;
    return block % HEADER_BYTES == 0 && walk_on(heap, map_end) &&
           heap->walk.at >= end - sizeof(uint64_t) && heap->walk.previous_bytes >= CHUNK_BYTES_MIN;
}

static bool is_page_border(uint64_t address)
{
    return address % LEAK_PAGE_BYTES == 0;
}

// --- the main arena where brk(2) gave it none

// True if what lies between is the allocator's as well. The program's memory comes in whole pages.
static bool is_same_stretch(struct heap *heap, uint64_t block)
{
    const struct leak_map *map = heap->stretch_map;
    uint64_t chunk = block - HEADER_BYTES, page = heap->last_end + LEAK_PAGE_BYTES - 1;
    page -= page % LEAK_PAGE_BYTES;
    if (chunk < page + LEAK_PAGE_BYTES)
        return true;
    if (!walk_from(heap, map->end, heap->last_block, heap->last_end))
        return false;
    while (heap->walk.at < chunk && walk_on(heap, map->end))
        ;
    return heap->walk.at == chunk;
}

static void extend_stretch(struct heap *heap, uint64_t block, uint64_t end)
{
    struct leak_range *last = &heap->found->ranges[heap->found->count - 1];
    last->end = end > last->end ? end : last->end;
    heap->last_block = block;
    heap->last_end = end;
}

// What is free behind the last block, up to where another piece of memory may begin.
static void end_stretch(struct heap *heap)
{
    const struct leak_map *map = heap->stretch_map;
    heap->stretch_map = NULL;
    if (!map || !walk_from(heap, map->end, heap->last_block, heap->last_end))
        return;
    while (!is_page_border(heap->walk.at))
        if (!walk_on(heap, map->end))
            return;
    extend_stretch(heap, heap->last_block, heap->walk.at);
}

static void begin_stretch(struct heap *heap, const struct leak_map *map, uint64_t block,
                          uint64_t end)
{
    size_t count = heap->found->count;
    leak_ranges_add(heap->found, block - HEADER_BYTES, end);
    if (heap->found->count == count)
        return;
    heap->stretch_map = map;
    heap->last_block = block;
    heap->last_end = end;
}

// --- the main arena in the memory of brk(2)

// Where it ends: the kernel makes one mapping of it and of what was mapped right behind it.
static uint64_t end_of_brk(struct heap *heap, const struct leak_blocks *blocks,
                           const struct leak_map *map)
{
    size_t i = blocks->leaf_count;
    uint64_t block = 0, end = 0;
    while (i > 0 && !block && blocks->leaves[i - 1].base + LEAK_LEAF_BYTES > map->start) {
        struct leak_cursor cursor = {.leaf = &blocks->leaves[--i]};
        if (cursor.leaf->base >= map->end)
            continue;
        while (leak_cursor_next(&cursor, blocks->granule_shift) && cursor.start < map->end) {
            block = cursor.start;
            end = cursor.start + cursor.bytes;
        }
    }
    if (block <= map->start || !walk_from(heap, map->end, block, end))
        return map->end;
    while (heap->walk.at < map->end && walk_on(heap, map->end))
        ;
    return is_page_border(heap->walk.at) ? heap->walk.at : map->end;
}

// --- all of it

static void add_around(struct heap *heap, const struct leak_blocks *blocks, uint64_t block,
                       uint64_t end)
{
    if (heap->stretch_map && block < heap->stretch_map->end && is_same_stretch(heap, block)) {
        extend_stretch(heap, block, end);
        return;
    }
    end_stretch(heap);
    const struct leak_map *map = leak_maps_find(heap->maps, block);
    if (map && map->kind == LEAK_MAP_BRK) {
        bool is_inside = heap->brk_start > map->start && heap->brk_start <= block;
        add_known(heap, is_inside ? heap->brk_start : map->start, end_of_brk(heap, blocks, map));
    } else if (map && !add_by_header(heap, block)) {
        begin_stretch(heap, map, block, end);
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
                add_around(&heap, blocks, cursor.start, cursor.start + cursor.bytes);
            else
                add_mapping(&heap, cursor.start);
        }
    }
    end_stretch(&heap);
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
