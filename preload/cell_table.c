// SPDX-License-Identifier: MIT
//
// cell_table.c - finds a thread slot's heap counters by stack, see cell_table.h.
#include "preload/cell_table.h"

#include "preload/compiler.h"
#include "preload/options.h"
#include "preload/own_regions.h"
#include "preload/profile_writer.h"
#include "preload/slab.h"
#include "preload/sys.h"

#define FIRST_CAPACITY 512
#define SAMPLED_COUNT                                                                              \
    ((PROFILE_CELLS_BYTES - PROFILE_CHUNK_ALIGN) / sizeof(struct profile_sampled_cell))

static size_t home(const struct cell_table *table, uint32_t stack)
{
    return (stack * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (table->capacity - 1);
}

static struct profile_cell **find(const struct cell_table *table, uint32_t stack)
{
    size_t i = home(table, stack);

    while (table->index[i] && cell_stack(table->index[i]) != stack)
        i = (i + 1) & (table->capacity - 1);
    return &table->index[i];
}

static cold bool grow_index(struct cell_table *table)
{
    struct cell_table bigger = *table;

    bigger.capacity = table->capacity ? table->capacity * 2 : FIRST_CAPACITY;
    bigger.index = slab_allocate(bigger.capacity * sizeof(bigger.index[0]));
    if (!bigger.index)
        return false;
    for (size_t i = 0; i < table->capacity; i++)
        if (table->index[i])
            *find(&bigger, cell_stack(table->index[i])) = table->index[i];
    if (table->capacity * sizeof(table->index[0]) >= SLAB_BYTES)
        own_regions_unmap(table->index, table->capacity * sizeof(table->index[0]));
    *table = bigger;
    return true;
}

static size_t cell_bytes(void)
{
    return options.heap == HEAP_SAMPLED ? sizeof(struct profile_sampled_cell)
                                        : sizeof(struct profile_cell);
}

static cold bool add_chunk(struct cell_table *table, uint32_t slot)
{
    size_t count = options.heap == HEAP_SAMPLED ? SAMPLED_COUNT : PROFILE_CELLS_COUNT;
    struct profile_chunk *chunk = profile_writer_add_cells(cell_bytes(), count, slot);

    if (!chunk)
        return false;
    table->fresh = profile_chunk_payload(chunk);
    table->fresh_count = count;
    return true;
}

static struct profile_cell *add(struct cell_table *table, uint32_t slot, uint32_t stack)
{
    struct profile_cell *cell;

    if (table->count * 2 >= table->capacity && !grow_index(table)) {
        profile_drop(PROFILE_DROP_MEMORY);
        return NULL;
    }
    if (table->fresh_count == 0 && !add_chunk(table, slot))
        return NULL;
    cell = table->fresh;
    table->fresh = (struct profile_cell *)((char *)cell + cell_bytes());
    table->fresh_count--;
    // an untouched cell is as old as the last peak: it had nothing then
    cell->epoch = atomic_get(&profile_header->peak_epoch);
    atomic_publish(&cell->stack, stack);
    *find(table, stack) = cell;
    table->count++;
    return cell;
}

// A handler that jumped out of the middle would leave a torn table.
static cold struct profile_cell *add_undisturbed(struct cell_table *table, uint32_t slot,
                                                 uint32_t stack)
{
    struct profile_cell *cell;
    uint64_t signals;

    sys_block_signals(&signals);
    cell = add(table, slot, stack);
    sys_restore_signals(&signals);
    return cell;
}

struct profile_cell *cell_table_get(struct cell_table *table, uint32_t slot, uint32_t stack)
{
    if (likely(table->capacity)) {
        struct profile_cell *cell = *find(table, stack);

        if (likely(cell))
            return cell;
    }
    return add_undisturbed(table, slot, stack);
}
