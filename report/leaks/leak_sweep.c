// SPDX-License-Identifier: MIT
//
// leak_sweep.c - see leak_sweep.h. Neighbouring blocks are read in one piece; words that may be
// pointers are picked out first, then looked up with the index fetched a few words ahead.
#include "report/leaks/leak_sweep.h"

#include "report/leaks/leak_array.h"
#include "report/leaks/leak_vtables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES ((size_t)1 << 20)
#define BUFFER_WORDS (BUFFER_BYTES / sizeof(uint64_t))
#define RANGES_MAX 64
#define PIECES_MAX 16384
#define GAP_BYTES 512                     // read along with what lies around it
#define SPARSE_BYTES ((uint64_t)64 << 10) // of larger blocks only pages that have memory are read
#define AHEAD 16

// A block, or a part of a large one.
struct piece {
    uint32_t block;
    bool is_first;
    uint64_t start;   // its address
    uint64_t offset;  // in the block
    size_t at, words; // in the buffer
    size_t pointers_end;
};

struct leak_findings {
    struct leak_edges edges;
    struct leak_inner_vtable *vtables;
    size_t vtable_count, vtable_room;
};

struct leak_sweeper {
    struct leak_vtables vtables;
    struct leak_ranges present;
    struct leak_range ranges[RANGES_MAX];
    size_t range_count;
    struct piece pieces[PIECES_MAX];
    size_t piece_count;
    size_t words;                    // in the buffer
    uint64_t buffer[BUFFER_WORDS];   // what was read
    uint64_t pointers[BUFFER_WORDS]; // what of it may be pointers
    uint64_t scanned_bytes;
};

static struct leak_sweeper *sweeper_of(struct leak_sweep *sweep, unsigned worker)
{
    struct leak_sweeper *sweeper = sweep->sweepers[worker];
    if (!sweeper) {
        sweeper = malloc(sizeof(*sweeper)); // most of it is never touched in a small scan
        if (!sweeper)
            return NULL;
        leak_vtables_init(&sweeper->vtables, sweep->memory, sweep->maps);
        sweeper->present = (struct leak_ranges){0};
        sweeper->range_count = sweeper->piece_count = sweeper->words = 0;
        sweeper->scanned_bytes = 0;
        sweep->sweepers[worker] = sweeper;
    }
    return sweeper;
}

void leak_sweep_release(struct leak_sweep *sweep)
{
    for (unsigned i = 0; i < LEAK_WORKERS_MAX; i++) {
        struct leak_sweeper *sweeper = sweep->sweepers[i];
        if (!sweeper)
            continue;
        sweep->scanned_bytes += sweeper->scanned_bytes;
        leak_vtables_release(&sweeper->vtables);
        leak_ranges_release(&sweeper->present);
        free(sweeper);
        sweep->sweepers[i] = NULL;
    }
}

// Those that lie between the first and the last block.
static size_t pick_pointers(const struct leak_blocks *blocks, const uint64_t *words, size_t count,
                            uint64_t *ret_pointers)
{
    uint64_t low = blocks->low, span_bytes = blocks->span_bytes;
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        ret_pointers[found] = words[i];
        found += words[i] - low < span_bytes;
    }
    return found;
}

// --- what a block looks like

uint8_t leak_sweep_shape(const uint64_t *words, uint64_t bytes)
{
    uint8_t shape = 0;
    if (bytes < 2 * sizeof(words[0]))
        return 0;
    uint64_t rest = bytes - sizeof(words[0]), elements = words[0];
    if (elements && elements <= rest && rest % elements == 0)
        shape |= LEAK_INFO_COUNT;
    // length, capacity, references, text, NUL
    if (bytes > 3 * sizeof(words[0]) && words[1] == bytes - 3 * sizeof(words[0]) - 1 &&
        words[0] <= words[1])
        shape |= LEAK_INFO_STRING;
    return shape;
}

static int add_vtable(struct leak_findings *findings, uint32_t block, uint64_t offset)
{
    if (findings->vtable_count == findings->vtable_room) {
        size_t room = findings->vtable_room ? 2 * findings->vtable_room : 64;
        struct leak_inner_vtable *vtables =
            reallocarray(findings->vtables, room, sizeof(vtables[0]));
        if (!vtables)
            return -ENOMEM;
        findings->vtables = vtables;
        findings->vtable_room = room;
    }
    findings->vtables[findings->vtable_count++] =
        (struct leak_inner_vtable){block, (uint32_t)offset};
    return 0;
}

static int note_shape(struct leak_sweep *sweep, struct leak_sweeper *sweeper,
                      struct leak_findings *findings, const struct piece *piece, uint64_t bytes)
{
    const uint64_t *words = sweeper->buffer + piece->at;
    uint8_t *info = &sweep->graph->info[piece->block];
    size_t first = 0;
    int error = 0;
    if (piece->is_first && piece->offset == 0 && piece->words) {
        *info |= leak_sweep_shape(words, bytes);
        if (leak_vtables_has(&sweeper->vtables, words[0]))
            *info |= LEAK_INFO_VTABLE;
        first = 1;
    }
    if (!(*info & LEAK_INFO_VTABLE))
        return 0;
    for (size_t i = first; i < piece->words && !error; i++) {
        uint64_t offset = piece->offset + i * sizeof(words[0]);
        if (offset < LEAK_OFFSET_FAR && leak_vtables_has(&sweeper->vtables, words[i]))
            error = add_vtable(findings, piece->block, offset);
    }
    return error;
}

// --- blocks

static int add_edges(struct leak_sweep *sweep, const struct leak_sweeper *sweeper,
                     struct leak_findings *findings)
{
    size_t at = 0, end = sweeper->piece_count;
    size_t all = end ? sweeper->pieces[end - 1].pointers_end : 0;
    for (size_t i = 0; i < end; i++) {
        const struct piece *piece = &sweeper->pieces[i];
        struct leak_node *node = &sweep->graph->nodes[piece->block];
        if (piece->is_first)
            leak_node_begin(node, &findings->edges);
        for (; at < piece->pointers_end; at++) {
            uint64_t offset;
            if (at + AHEAD < all)
                leak_blocks_prefetch(sweep->blocks, sweeper->pointers[at + AHEAD]);
            uint32_t target = leak_blocks_find(sweep->blocks, sweeper->pointers[at], &offset);
            if (target != LEAK_NO_BLOCK &&
                leak_node_add(node, &findings->edges, target, offset) != 0)
                return -ENOMEM;
        }
    }
    return findings->edges.count <= UINT32_MAX ? 0 : -E2BIG;
}

static uint64_t bytes_of(const struct leak_leaf *leaf, uint32_t block)
{
    return leak_slot_bytes(leaf->slots[block - leaf->first]);
}

// glibc links large free chunks by size: in the 3rd and 4th word, of a chunk alone in its size to
// itself, which is 16 bytes before the block. There they stay in a block that was never written,
// and would point into the tail of the block before.
static void blank_own_chunk(const struct leak_sweep *sweep, const struct piece *piece,
                            uint64_t *words)
{
    bool is_glibc = sweep->blocks->granule_shift == 5;
    for (size_t i = 2; i < 4 && i < piece->words && is_glibc && piece->offset == 0; i++)
        if (words[i] == piece->start - 2 * sizeof(words[0]))
            words[i] = 0;
}

// Reads the pieces gathered so far and notes what is in them.
static int flush(struct leak_sweep *sweep, struct leak_sweeper *sweeper,
                 const struct leak_leaf *leaf, struct leak_findings *findings)
{
    size_t found = 0;
    int error = 0;
    leak_memory_read_ranges(sweep->memory, sweeper->ranges, sweeper->range_count, sweeper->buffer);
    for (size_t i = 0; i < sweeper->piece_count && !error; i++) {
        struct piece *piece = &sweeper->pieces[i];
        blank_own_chunk(sweep, piece, sweeper->buffer + piece->at);
        error = note_shape(sweep, sweeper, findings, piece, bytes_of(leaf, piece->block));
        found += pick_pointers(sweep->blocks, sweeper->buffer + piece->at, piece->words,
                               sweeper->pointers + found);
        piece->pointers_end = found;
        sweeper->scanned_bytes += piece->words * sizeof(uint64_t);
    }
    if (!error)
        error = add_edges(sweep, sweeper, findings);
    sweeper->range_count = sweeper->piece_count = sweeper->words = 0;
    return error;
}

static bool is_full(const struct leak_sweeper *sweeper, size_t words)
{
    return sweeper->piece_count == PIECES_MAX || sweeper->range_count == RANGES_MAX ||
           sweeper->words + words + GAP_BYTES / sizeof(uint64_t) > BUFFER_WORDS;
}

// Where in the buffer a range will be.
static size_t add_range(struct leak_sweeper *sweeper, uint64_t start, uint64_t end)
{
    struct leak_range *last =
        sweeper->range_count ? &sweeper->ranges[sweeper->range_count - 1] : NULL;
    if (last && start >= last->end && start - last->end <= GAP_BYTES) {
        sweeper->words += (start - last->end) / sizeof(uint64_t);
        last->end = end;
    } else {
        sweeper->ranges[sweeper->range_count++] = (struct leak_range){start, end};
    }
    size_t at = sweeper->words;
    sweeper->words += (end - start) / sizeof(uint64_t);
    return at;
}

struct block_sweep {
    struct leak_sweep *sweep;
    struct leak_sweeper *sweeper;
    const struct leak_leaf *leaf;
    struct leak_findings *findings;
};

static int add_piece(const struct block_sweep *at, uint32_t block, uint64_t offset, uint64_t start,
                     uint64_t end, bool is_first)
{
    struct leak_sweeper *sweeper = at->sweeper;
    size_t words = (size_t)((end - start) / sizeof(uint64_t));
    if (is_full(sweeper, words)) {
        int error = flush(at->sweep, sweeper, at->leaf, at->findings);
        if (error)
            return error;
    }
    struct piece *piece = &sweeper->pieces[sweeper->piece_count++];
    *piece = (struct piece){
        .block = block, .is_first = is_first, .start = start, .offset = offset, .words = words};
    piece->at = words ? add_range(sweeper, start, end) : 0;
    return 0;
}

// Of a large block what has memory, in parts that the buffer holds.
static int add_large(const struct block_sweep *at, const struct leak_cursor *cursor, uint64_t end)
{
    struct leak_ranges *present = &at->sweeper->present;
    bool is_first = true;
    int error = 0;
    present->count = 0;
    leak_memory_add_present(at->sweep->memory, cursor->start, end, present);
    if (present->out_of_memory)
        return -ENOMEM;
    for (size_t i = 0; i < present->count && !error; i++) {
        uint64_t start = present->ranges[i].start, part;
        for (; start < present->ranges[i].end && !error; start += part) {
            part = present->ranges[i].end - start;
            part = part < BUFFER_BYTES / 2 ? part : BUFFER_BYTES / 2;
            error =
                add_piece(at, cursor->block, start - cursor->start, start, start + part, is_first);
            is_first = false;
        }
    }
    return is_first && !error ? add_piece(at, cursor->block, 0, 0, 0, true) : error;
}

static int sweep_leaf(void *context, unsigned worker, size_t task)
{
    struct leak_sweep *sweep = context;
    const struct leak_leaf *leaf = &sweep->blocks->leaves[task];
    struct leak_cursor cursor = {.leaf = leaf};
    struct block_sweep at = {sweep, sweeper_of(sweep, worker), leaf, &sweep->findings[task]};
    int error = at.sweeper ? 0 : -ENOMEM;
    while (!error && leak_cursor_next(&cursor, sweep->blocks->granule_shift)) {
        uint64_t end = cursor.start + (cursor.bytes & ~(sizeof(uint64_t) - 1));
        error = cursor.bytes > SPARSE_BYTES
                    ? add_large(&at, &cursor, end)
                    : add_piece(&at, cursor.block, 0, cursor.start, end, true);
    }
    return error ? error : flush(sweep, at.sweeper, leaf, at.findings);
}

// --- what was found in each leaf becomes one

static int join_edges(struct leak_sweep *sweep)
{
    struct leak_graph *graph = sweep->graph;
    const struct leak_blocks *blocks = sweep->blocks;
    size_t total = 0, at = 0;
    for (size_t i = 0; i < blocks->leaf_count; i++)
        total += sweep->findings[i].edges.count;
    if (total > UINT32_MAX)
        return -E2BIG;
    graph->edges =
        (struct leak_edges){.words = leak_array_new(total + 1, sizeof(uint32_t)), .count = total};
    if (!graph->edges.words)
        return -ENOMEM;
    for (size_t i = 0; i < blocks->leaf_count; i++) {
        struct leak_edges *edges = &sweep->findings[i].edges;
        const struct leak_leaf *leaf = &blocks->leaves[i];
        if (edges->count)
            memcpy(graph->edges.words + at, edges->words, edges->count * sizeof(uint32_t));
        free(edges->words);
        edges->words = NULL;
        for (uint32_t j = 0; j < leaf->count; j++)
            graph->nodes[leaf->first + j].others += (uint32_t)at;
        at += edges->count;
    }
    graph->nodes[blocks->count].others = (uint32_t)total;
    return 0;
}

static int join_vtables(struct leak_sweep *sweep)
{
    struct leak_graph *graph = sweep->graph;
    size_t total = 0;
    for (size_t i = 0; i < sweep->blocks->leaf_count; i++)
        total += sweep->findings[i].vtable_count;
    graph->vtables = malloc((total + 1) * sizeof(graph->vtables[0]));
    if (!graph->vtables)
        return -ENOMEM;
    for (size_t i = 0; i < sweep->blocks->leaf_count; i++) {
        const struct leak_findings *findings = &sweep->findings[i];
        if (findings->vtable_count)
            memcpy(graph->vtables + graph->vtable_count, findings->vtables,
                   findings->vtable_count * sizeof(graph->vtables[0]));
        graph->vtable_count += findings->vtable_count;
    }
    return 0;
}

int leak_sweep_blocks(struct leak_sweep *sweep)
{
    size_t leaf_count = sweep->blocks->leaf_count;
    sweep->findings = calloc(leaf_count + 1, sizeof(sweep->findings[0]));
    if (!sweep->findings)
        return -ENOMEM;
    int error = leak_workers_run(sweep_leaf, sweep, leaf_count, leaf_count * LEAK_LEAF_BYTES);
    if (!error)
        error = join_edges(sweep);
    if (!error)
        error = join_vtables(sweep);
    for (size_t i = 0; i < leaf_count; i++) {
        free(sweep->findings[i].edges.words);
        free(sweep->findings[i].vtables);
    }
    free(sweep->findings);
    sweep->findings = NULL;
    return error;
}

// --- roots

static void set_info(uint8_t *info, uint8_t bit)
{
    if (!(__atomic_load_n(info, __ATOMIC_RELAXED) & bit))
        __atomic_fetch_or(info, bit, __ATOMIC_RELAXED);
}

// glibc's lists of free chunks have the addresses of headers: the last 8 bytes of the block before
// lie in the header behind it.
static bool is_next_header(const struct leak_blocks *blocks, uint32_t block, uint64_t offset)
{
    const struct leak_leaf *leaf = leak_blocks_leaf(blocks, block);
    uint64_t bytes = bytes_of(leaf, block), chunk_bytes = (bytes + 8 + 15) & ~UINT64_C(15);
    return offset + 16 == (chunk_bytes < 32 ? 32 : chunk_bytes);
}

static void mark_targets(struct leak_sweep *sweep, const uint64_t *pointers, size_t count,
                         unsigned flags)
{
    const struct leak_graph *graph = sweep->graph;
    for (size_t i = 0; i < count; i++) {
        uint64_t offset;
        if (i + AHEAD < count)
            leak_blocks_prefetch(sweep->blocks, pointers[i + AHEAD]);
        uint32_t block = leak_blocks_find(sweep->blocks, pointers[i], &offset);
        if (block == LEAK_NO_BLOCK)
            continue;
        if (offset && flags & LEAK_ROOT_ARENA && is_next_header(sweep->blocks, block, offset))
            continue;
        uint32_t near = offset < LEAK_OFFSET_FAR ? (uint32_t)offset : LEAK_OFFSET_FAR;
        set_info(&graph->info[block],
                 leak_graph_is_start(graph, block, near) ? LEAK_INFO_ROOT : LEAK_INFO_INNER);
    }
}

static void blank(uint64_t *words, const struct leak_root *root, uint64_t start, uint64_t bytes)
{
    uint64_t end = start + ((bytes + 7) & ~UINT64_C(7));
    start = start > root->start ? start : root->start;
    end = end < root->end ? end : root->end;
    if (start < end)
        memset(words + (start - root->start) / sizeof(words[0]), 0, end - start);
}

// Zeros in place of live blocks.
static void blank_blocks(const struct leak_blocks *blocks, const struct leak_root *root,
                         uint64_t *words)
{
    const struct leak_region *region = blocks->root[root->start >> PROFILE_LIVE_BRANCH_BITS];
    if (!region)
        return;
    region += root->start >> PROFILE_LIVE_LEAF_BITS & (PROFILE_LIVE_BRANCH_ENTRIES - 1);
    if (region->spanning) {
        const struct leak_leaf *leaf = region->spanning;
        uint64_t slot = leaf->slots[leaf->count - 1];
        blank(words, root,
              leaf->base + ((uint64_t)leaf->last_granule << blocks->granule_shift) +
                  leak_slot_place(slot),
              leak_slot_bytes(slot));
    }
    if (!region->leaf)
        return;
    struct leak_cursor cursor = {.leaf = region->leaf};
    while (leak_cursor_next(&cursor, blocks->granule_shift) && cursor.start < root->end)
        blank(words, root, cursor.start, cursor.bytes);
}

static int sweep_root(void *context, unsigned worker, size_t task)
{
    struct leak_sweep *sweep = context;
    struct leak_sweeper *sweeper = sweeper_of(sweep, worker);
    const struct leak_root *root = &sweep->roots[task];
    struct leak_range range = {root->start, root->end};
    if (!sweeper)
        return -ENOMEM;
    size_t words = (size_t)((root->end - root->start) / sizeof(uint64_t));
    leak_memory_read_ranges(sweep->memory, &range, 1, sweeper->buffer);
    if (root->flags & LEAK_ROOT_LEFTOVER)
        blank_blocks(sweep->blocks, root, sweeper->buffer);
    size_t found = pick_pointers(sweep->blocks, sweeper->buffer, words, sweeper->pointers);
    mark_targets(sweep, sweeper->pointers, found, root->flags);
    sweeper->scanned_bytes += root->end - root->start;
    return 0;
}

int leak_sweep_roots(struct leak_sweep *sweep, const struct leak_root *roots, size_t count)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += roots[i].end - roots[i].start;
    sweep->roots = roots;
    return leak_workers_run(sweep_root, sweep, count, bytes);
}

void leak_sweep_words(struct leak_sweep *sweep, const uint64_t *words, size_t count)
{
    uint64_t pointers[256];
    for (size_t i = 0; i < count; i += 256) {
        size_t part = count - i < 256 ? count - i : 256;
        mark_targets(sweep, pointers, pick_pointers(sweep->blocks, words + i, part, pointers), 0);
    }
}
