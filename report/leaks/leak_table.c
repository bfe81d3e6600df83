// SPDX-License-Identifier: MIT
//
// leak_table.c - see leak_table.h. Most of a leaf's slots were never touched: only pages with
// memory are read, so that the process gets none for it.
#include "report/leaks/leak_table.h"

#include "report/leaks/leak_workers.h"

#include <errno.h>
#include <stdlib.h>

#define BUFFER_SLOTS ((size_t)1 << 13)

struct table_reader {
    struct leak_ranges present;
    uint32_t *granules; // of the leaf at hand
    uint64_t *slots;
    size_t count, room;
    uint64_t buffer[BUFFER_SLOTS];
};

struct table {
    struct leak_blocks *blocks;
    const struct leak_memory *memory;
    uint64_t *addresses; // of each leaf's slots
    size_t room;
    struct table_reader *readers[LEAK_WORKERS_MAX];
};

// --- which leaves there are

static uint64_t leaf_slots_bytes(const struct leak_blocks *blocks)
{
    return (LEAK_LEAF_BYTES >> blocks->granule_shift) * sizeof(uint64_t);
}

static int add_leaf(struct table *table, uint64_t base, uint64_t slots)
{
    if (table->blocks->leaf_count == table->room) {
        size_t room = table->room ? 2 * table->room : 64;
        uint64_t *addresses = reallocarray(table->addresses, room, sizeof(addresses[0]));
        if (!addresses)
            return -ENOMEM;
        table->addresses = addresses;
        table->room = room;
    }
    table->addresses[table->blocks->leaf_count] = slots;
    return leak_blocks_add_leaf(table->blocks, base) ? 0 : -ENOMEM;
}

static int add_branch(struct table *table, uint64_t base, uint64_t address,
                      struct leak_ranges *ret_own)
{
    size_t bytes = PROFILE_LIVE_BRANCH_ENTRIES * sizeof(struct profile_live_leaf);
    struct profile_live_leaf *leaves = calloc(1, bytes);
    struct leak_ranges present = {0};
    int error = leaves ? 0 : -ENOMEM;
    leak_ranges_add(ret_own, address, address + bytes);
    leak_memory_add_present(table->memory, address, address + bytes, &present);
    for (size_t i = 0; i < present.count && !error; i++) {
        const struct leak_range *range = &present.ranges[i];
        if (!leak_memory_read(table->memory, range->start,
                              (char *)leaves + (range->start - address),
                              (size_t)(range->end - range->start)))
            error = -EIO;
    }
    for (uint64_t i = 0; i < PROFILE_LIVE_BRANCH_ENTRIES && !error; i++) {
        if (!leaves[i].slots)
            continue;
        error = add_leaf(table, base + i * LEAK_LEAF_BYTES, leaves[i].slots);
        leak_ranges_add(ret_own, leaves[i].slots,
                        leaves[i].slots + leaf_slots_bytes(table->blocks));
    }
    leak_ranges_release(&present);
    free(leaves);
    return error;
}

static int add_leaves(struct table *table, uint64_t address, struct leak_ranges *ret_own)
{
    size_t bytes = PROFILE_LIVE_ROOT_ENTRIES * sizeof(uint64_t);
    uint64_t *root = malloc(bytes);
    int error = root ? 0 : -ENOMEM;
    if (!error && !leak_memory_read(table->memory, address, root, bytes))
        error = -EIO;
    for (uint64_t i = 0; i < PROFILE_LIVE_ROOT_ENTRIES && !error; i++)
        if (root[i])
            error = add_branch(table, i << PROFILE_LIVE_BRANCH_BITS, root[i], ret_own);
    free(root);
    return error;
}

// --- one leaf

static struct table_reader *reader_of(struct table *table, unsigned worker)
{
    if (!table->readers[worker])
        table->readers[worker] = calloc(1, sizeof(struct table_reader));
    return table->readers[worker];
}

static int make_room(struct table_reader *reader, size_t more)
{
    if (reader->room - reader->count >= more)
        return 0;
    size_t room = 2 * (reader->count + more);
    uint32_t *granules = reallocarray(reader->granules, room, sizeof(granules[0]));
    if (granules)
        reader->granules = granules;
    uint64_t *slots = reallocarray(reader->slots, room, sizeof(slots[0]));
    if (slots)
        reader->slots = slots;
    if (!granules || !slots)
        return -ENOMEM;
    reader->room = room;
    return 0;
}

static void pick_blocks(struct table_reader *reader, uint64_t first_granule, size_t count)
{
    size_t found = reader->count;
    for (size_t i = 0; i < count; i++) {
        reader->granules[found] = (uint32_t)(first_granule + i);
        reader->slots[found] = reader->buffer[i];
        found += leak_slot_stack(reader->buffer[i]) != 0;
    }
    reader->count = found;
}

static int read_slots(const struct table *table, struct table_reader *reader, uint64_t slots,
                      const struct leak_range *range)
{
    for (uint64_t at = range->start, end; at < range->end; at = end) {
        end = at + BUFFER_SLOTS * sizeof(uint64_t);
        end = end < range->end ? end : range->end;
        size_t count = (size_t)((end - at) / sizeof(uint64_t));
        if (make_room(reader, count) != 0)
            return -ENOMEM;
        if (!leak_memory_read(table->memory, at, reader->buffer, count * sizeof(uint64_t)))
            return -EIO;
        pick_blocks(reader, (at - slots) / sizeof(uint64_t), count);
    }
    return 0;
}

static int read_leaf(void *context, unsigned worker, size_t task)
{
    struct table *table = context;
    struct table_reader *reader = reader_of(table, worker);
    uint64_t slots = table->addresses[task];
    int error = 0;
    if (!reader)
        return -ENOMEM;
    reader->count = reader->present.count = 0;
    leak_memory_add_present(table->memory, slots, slots + leaf_slots_bytes(table->blocks),
                            &reader->present);
    if (reader->present.out_of_memory)
        return -ENOMEM;
    for (size_t i = 0; i < reader->present.count && !error; i++)
        error = read_slots(table, reader, slots, &reader->present.ranges[i]);
    return error ? error
                 : leak_leaf_set(&table->blocks->leaves[task], table->blocks->granule_shift,
                                 reader->granules, reader->slots, reader->count);
}

int leak_table_read(struct leak_blocks *blocks, const struct leak_memory *memory, uint64_t address,
                    struct leak_ranges *ret_own)
{
    struct table table = {.blocks = blocks, .memory = memory};
    int error = add_leaves(&table, address, ret_own);
    if (!error)
        error = leak_workers_run(read_leaf, &table, blocks->leaf_count,
                                 blocks->leaf_count * leaf_slots_bytes(blocks));
    if (!error)
        error = leak_blocks_finish(blocks);
    for (unsigned i = 0; i < LEAK_WORKERS_MAX; i++) {
        if (!table.readers[i])
            continue;
        leak_ranges_release(&table.readers[i]->present);
        free(table.readers[i]->granules);
        free(table.readers[i]->slots);
        free(table.readers[i]);
    }
    free(table.addresses);
    return error;
}
