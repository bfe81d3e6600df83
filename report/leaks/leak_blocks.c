// SPDX-License-Identifier: MIT
//
// leak_blocks.c - see leak_blocks.h. A dense leaf is a bitmap with ranks; most pointers are to the
// start of a block, and those are resolved without a look at its slot.
#include "report/leaks/leak_blocks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SPARSE_BLOCKS_MAX 1024

void leak_blocks_init(struct leak_blocks *blocks, uint32_t granule_bytes)
{
    *blocks = (struct leak_blocks){.granule_shift = granule_bytes == 8 ? 3 : 5};
}

void leak_blocks_release(struct leak_blocks *blocks)
{
    for (size_t i = 0; i < blocks->leaf_count; i++) {
        free(blocks->leaves[i].slots);
        free(blocks->leaves[i].dense);
        free(blocks->leaves[i].granules);
    }
    for (size_t i = 0; i < PROFILE_LIVE_ROOT_ENTRIES; i++)
        free(blocks->root[i]);
    free(blocks->leaves);
    blocks->leaves = NULL;
    blocks->leaf_count = 0;
    memset(blocks->root, 0, sizeof(blocks->root));
}

struct leak_leaf *leak_blocks_add_leaf(struct leak_blocks *blocks, uint64_t base)
{
    if (blocks->leaf_count == blocks->leaf_room) {
        size_t room = blocks->leaf_room ? 2 * blocks->leaf_room : 64;
        struct leak_leaf *leaves = reallocarray(blocks->leaves, room, sizeof(leaves[0]));
        if (!leaves)
            return NULL;
        blocks->leaves = leaves;
        blocks->leaf_room = room;
    }
    struct leak_leaf *leaf = &blocks->leaves[blocks->leaf_count++];
    *leaf = (struct leak_leaf){.base = base};
    return leaf;
}

// The instruction is not in every x86-64, and libgcc's table of bytes is slow (Hacker's Delight,
// figure 5-2).
static inline uint32_t count_bits(uint64_t bits)
{
    bits -= bits >> 1 & UINT64_C(0x5555555555555555);
    bits = (bits & UINT64_C(0x3333333333333333)) + (bits >> 2 & UINT64_C(0x3333333333333333));
    bits = (bits + (bits >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (uint32_t)(bits * UINT64_C(0x0101010101010101) >> 56);
}

static void set_ranks(struct leak_granules *words, size_t word_count)
{
    uint32_t rank = 0, before = 0;
    for (size_t i = 0; i < word_count; i++) {
        words[i].rank = rank;
        words[i].before = before;
        rank += count_bits(words[i].used);
        if (words[i].used)
            before = (uint32_t)(64 * i + 63 - (size_t)__builtin_clzll(words[i].used));
    }
}

static int set_dense(struct leak_leaf *leaf, unsigned granule_shift, const uint32_t *granules)
{
    size_t word_count = LEAK_LEAF_BYTES >> granule_shift >> 6;
    leaf->dense = calloc(word_count, sizeof(leaf->dense[0]));
    if (!leaf->dense)
        return -ENOMEM;
    for (size_t i = 0; i < leaf->count; i++) {
        struct leak_granules *word = &leaf->dense[granules[i] >> 6];
        word->used |= UINT64_C(1) << (granules[i] & 63);
        if (leak_slot_place(leaf->slots[i]))
            word->placed |= UINT64_C(1) << (granules[i] & 63);
    }
    set_ranks(leaf->dense, word_count);
    return 0;
}

static void *copy(const void *from, size_t bytes)
{
    void *to = malloc(bytes);
    return to ? memcpy(to, from, bytes) : NULL;
}

int leak_leaf_set(struct leak_leaf *leaf, unsigned granule_shift, const uint32_t *granules,
                  const uint64_t *slots, size_t count)
{
    if (count == 0)
        return 0;
    leaf->slots = copy(slots, count * sizeof(slots[0]));
    if (!leaf->slots)
        return -ENOMEM;
    leaf->count = (uint32_t)count;
    leaf->last_granule = granules[count - 1];
    if (count > SPARSE_BLOCKS_MAX)
        return set_dense(leaf, granule_shift, granules);
    leaf->granules = copy(granules, count * sizeof(granules[0]));
    return leaf->granules ? 0 : -ENOMEM;
}

// --- in the order of addresses

static uint32_t next_granule(struct leak_cursor *cursor)
{
    const struct leak_leaf *leaf = cursor->leaf;
    if (!leaf->dense)
        return leaf->granules[cursor->next];
    if (cursor->next == 0)
        cursor->bits = leaf->dense[0].used;
    while (cursor->bits == 0)
        cursor->bits = leaf->dense[++cursor->word].used;
    uint32_t bit = (uint32_t)__builtin_ctzll(cursor->bits);
    cursor->bits &= cursor->bits - 1;
    return 64 * cursor->word + bit;
}

bool leak_cursor_next(struct leak_cursor *cursor, unsigned granule_shift)
{
    const struct leak_leaf *leaf = cursor->leaf;
    if (cursor->next >= leaf->count)
        return false;
    uint64_t slot = leaf->slots[cursor->next], granule = next_granule(cursor);
    cursor->start = leaf->base + (granule << granule_shift) + leak_slot_place(slot);
    cursor->bytes = leak_slot_bytes(slot);
    cursor->block = leaf->first + cursor->next++;
    return true;
}

// --- the index

static struct leak_region *add_region(struct leak_blocks *blocks, uint64_t address)
{
    struct leak_region **root = &blocks->root[address >> PROFILE_LIVE_BRANCH_BITS];
    if (!*root)
        *root = calloc(PROFILE_LIVE_BRANCH_ENTRIES, sizeof(**root));
    if (!*root)
        return NULL;
    return &(*root)[address >> PROFILE_LIVE_LEAF_BITS & (PROFILE_LIVE_BRANCH_ENTRIES - 1)];
}

static uint64_t last_start(const struct leak_blocks *blocks, const struct leak_leaf *leaf)
{
    return leaf->base + ((uint64_t)leaf->last_granule << blocks->granule_shift) +
           leak_slot_place(leaf->slots[leaf->count - 1]);
}

static uint64_t end_of(uint64_t start, uint64_t slot)
{
    uint64_t bytes = leak_slot_bytes(slot), limit = UINT64_C(1) << PROFILE_LIVE_ADDRESS_BITS;
    uint64_t end = start + (bytes ? bytes : 1);
    return end < limit ? end : limit;
}

static int add_regions(struct leak_blocks *blocks, const struct leak_leaf *leaf)
{
    uint64_t end = end_of(last_start(blocks, leaf), leaf->slots[leaf->count - 1]);
    struct leak_region *region = add_region(blocks, leaf->base);
    if (!region)
        return -ENOMEM;
    region->leaf = leaf;
    for (uint64_t at = leaf->base + LEAK_LEAF_BYTES; at < end; at += LEAK_LEAF_BYTES) {
        region = add_region(blocks, at);
        if (!region)
            return -ENOMEM;
        region->spanning = leaf;
    }
    uint64_t span_bytes = end - blocks->low;
    if (span_bytes > blocks->span_bytes)
        blocks->span_bytes = span_bytes;
    return 0;
}

static uint64_t first_start(const struct leak_blocks *blocks, const struct leak_leaf *leaf)
{
    struct leak_cursor cursor = {.leaf = leaf};
    leak_cursor_next(&cursor, blocks->granule_shift);
    return cursor.start;
}

int leak_blocks_finish(struct leak_blocks *blocks)
{
    for (size_t i = 0; i < blocks->leaf_count; i++) {
        struct leak_leaf *leaf = &blocks->leaves[i];
        leaf->first = blocks->count;
        if (leaf->count == 0)
            continue;
        if (leaf->count > LEAK_BLOCKS_MAX - blocks->count)
            return -E2BIG;
        if (blocks->count == 0)
            blocks->low = first_start(blocks, leaf);
        blocks->count += leaf->count;
        int error = add_regions(blocks, leaf);
        if (error)
            return error;
    }
    return 0;
}

const struct leak_leaf *leak_blocks_leaf(const struct leak_blocks *blocks, uint32_t block)
{
    size_t low = 0, high = blocks->leaf_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (blocks->leaves[middle].first <= block)
            low = middle;
        else
            high = middle;
    }
    return &blocks->leaves[low];
}

// --- looking up. Each of these finds the last block that begins at or before a pointer.

struct place {
    uint32_t rank, granule;
    uint32_t half; // 0 or 16: where in the granule it begins
};

static uint32_t half_of(const struct leak_leaf *leaf, uint32_t rank)
{
    return (uint32_t)leak_slot_place(leaf->slots[rank]);
}

static bool find_dense(const struct leak_leaf *leaf, uint32_t granule, bool is_second_half,
                       struct place *ret_place)
{
    const struct leak_granules *word = &leaf->dense[granule >> 6];
    uint64_t bit = UINT64_C(1) << (granule & 63);
    uint64_t used = word->used & (bit | (bit - 1));
    if (!is_second_half)
        used &= ~(bit & word->placed);
    if (!used && word->rank == 0)
        return false;
    if (used) {
        uint32_t top = 63 - (uint32_t)__builtin_clzll(used);
        *ret_place =
            (struct place){word->rank - 1 + count_bits(used), (granule & ~UINT32_C(63)) + top,
                           (uint32_t)(word->placed >> top & 1) * 16};
    } else {
        *ret_place = (struct place){word->rank - 1, word->before, half_of(leaf, word->rank - 1)};
    }
    return true;
}

static bool find_sparse(const struct leak_leaf *leaf, uint32_t granule, bool is_second_half,
                        struct place *ret_place)
{
    uint32_t low = 0, high = leaf->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (leaf->granules[middle] <= granule)
            low = middle + 1;
        else
            high = middle;
    }
    if (low && leaf->granules[low - 1] == granule && !is_second_half &&
        leak_slot_place(leaf->slots[low - 1]))
        low--;
    if (low == 0)
        return false;
    *ret_place = (struct place){low - 1, leaf->granules[low - 1], half_of(leaf, low - 1)};
    return true;
}

static uint32_t block_if_inside(const struct leak_blocks *blocks, const struct leak_leaf *leaf,
                                struct place place, uint64_t pointer, uint64_t *ret_offset)
{
    uint64_t start = leaf->base + ((uint64_t)place.granule << blocks->granule_shift) + place.half;
    if (start == pointer) { // the usual case: its slot need not be looked at
        *ret_offset = 0;
        return leaf->first + place.rank;
    }
    uint64_t bytes = leak_slot_bytes(leaf->slots[place.rank]), offset = pointer - start;
    if (offset >= (bytes ? bytes : 1))
        return LEAK_NO_BLOCK;
    *ret_offset = offset;
    return leaf->first + place.rank;
}

uint32_t leak_blocks_find(const struct leak_blocks *blocks, uint64_t pointer, uint64_t *ret_offset)
{
    if (pointer - blocks->low >= blocks->span_bytes)
        return LEAK_NO_BLOCK;
    const struct leak_region *region = blocks->root[pointer >> PROFILE_LIVE_BRANCH_BITS];
    if (!region)
        return LEAK_NO_BLOCK;
    region += pointer >> PROFILE_LIVE_LEAF_BITS & (PROFILE_LIVE_BRANCH_ENTRIES - 1);
    const struct leak_leaf *leaf = region->leaf;
    struct place place;
    if (leaf) {
        uint32_t granule = (uint32_t)((pointer & (LEAK_LEAF_BYTES - 1)) >> blocks->granule_shift);
        if (leaf->dense ? find_dense(leaf, granule, pointer & 16, &place)
                        : find_sparse(leaf, granule, pointer & 16, &place))
            return block_if_inside(blocks, leaf, place, pointer, ret_offset);
    }
    leaf = region->spanning;
    if (!leaf)
        return LEAK_NO_BLOCK;
    place = (struct place){leaf->count - 1, leaf->last_granule, half_of(leaf, leaf->count - 1)};
    return block_if_inside(blocks, leaf, place, pointer, ret_offset);
}
