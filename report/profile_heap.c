// SPDX-License-Identifier: MIT
//
// profile_heap.c - sums the cells of all thread slots into one site for each stack.
#include "report/profile_parts.h"

#include <errno.h>
#include <stdlib.h>

// Ids are handed out without gaps, so the rooms of the node chunks bound them; the margin is for
// chunks that a live process adds while we read.
#define ID_MARGIN 65536

struct site_table {
    struct profile *profile;
    uint32_t *numbers; // by stack: 1 + index of its site
    uint32_t limit;
    size_t room;
    bool peak_is_now;
};

static uint32_t stack_limit(struct profile_reader *reader)
{
    uint64_t records = 0;
    for (struct profile_span span = {0}; profile_reader_next(reader, &span);)
        if (span.type == PROFILE_CHUNK_NODES)
            records += profile_span_records(&span, sizeof(struct profile_node));
    uint64_t limit = 2 * records + ID_MARGIN;
    return limit < PROFILE_NODES_MAX ? (uint32_t)limit : PROFILE_NODES_MAX;
}

// Number 0 of the table collects the stacks that can't be.
static struct site *site_of(struct site_table *table, uint32_t stack)
{
    struct heap *heap = &table->profile->heap;
    uint32_t *number = &table->numbers[stack < table->limit ? stack : 0];
    if (*number)
        return &heap->sites[*number - 1];
    void *sites = heap->sites;
    struct site *site =
        array_push(&table->profile->region, &sites, &heap->site_count, &table->room, sizeof(*site));
    if (!site)
        return NULL;
    heap->sites = sites;
    *number = (uint32_t)heap->site_count;
    *site = (struct site){.stack = stack < table->limit ? stack : UINT32_MAX};
    return site;
}

// The three cases of profile_format.h. An epoch beyond the header's is a peak that was reached
// while we read.
static void cell_counts(const struct site_table *table, const struct profile_cell *cell,
                        struct heap_counts *ret_counts)
{
    int32_t age = (int32_t)(table->profile->header.peak_epoch - cell->epoch);
    *ret_counts = (struct heap_counts){
        .allocations = (int64_t)cell->allocations,
        .allocated_bytes = (int64_t)cell->allocated_bytes,
        .frees = (int64_t)cell->frees,
        .freed_bytes = (int64_t)cell->freed_bytes,
        .temporary = (int64_t)cell->temporary,
        .live_blocks = (int64_t)(cell->allocations - cell->frees),
        .live_bytes = (int64_t)(cell->allocated_bytes - cell->freed_bytes),
        .peak_blocks = cell->at_peak_blocks,
        .peak_bytes = cell->at_peak_bytes,
    };
    if (table->peak_is_now || age > 0) {
        ret_counts->peak_blocks = ret_counts->live_blocks;
        ret_counts->peak_bytes = ret_counts->live_bytes;
    }
}

static int load_chunk(struct site_table *table, const struct profile_reader *reader,
                      const struct profile_span *span)
{
    uint64_t count = profile_span_records(span, sizeof(struct profile_cell));
    for (uint64_t i = 0; i < count; i++) {
        struct profile_cell cell;
        if (!profile_reader_record(reader, span, i, sizeof(cell.stack), &cell, sizeof(cell)))
            continue;
        struct site *site = site_of(table, cell.stack);
        if (!site)
            return -ENOMEM;
        struct heap_counts counts;
        cell_counts(table, &cell, &counts);
        heap_counts_add(&site->counts, &counts);
        heap_counts_add(&table->profile->heap.total, &counts);
    }
    return 0;
}

static int compare_sites(const void *left, const void *right)
{
    const struct site *a = left, *b = right;
    if (a->counts.allocated_bytes != b->counts.allocated_bytes)
        return a->counts.allocated_bytes < b->counts.allocated_bytes ? 1 : -1;
    return (a->stack > b->stack) - (a->stack < b->stack);
}

int profile_load_cells(struct profile *profile, struct profile_reader *reader)
{
    struct site_table table = {
        .profile = profile,
        .limit = stack_limit(reader),
        .peak_is_now = profile->header.live_bytes >= profile->header.peak_bytes,
    };
    table.numbers = calloc(table.limit, sizeof(*table.numbers));
    int error = table.numbers ? 0 : -ENOMEM;
    for (struct profile_span span = {0}; !error && profile_reader_next(reader, &span);)
        if (span.type == PROFILE_CHUNK_CELLS)
            error = load_chunk(&table, reader, &span);
    free(table.numbers);
    if (!error && profile->heap.site_count)
        qsort(profile->heap.sites, profile->heap.site_count, sizeof(*profile->heap.sites),
              compare_sites);
    return error;
}
