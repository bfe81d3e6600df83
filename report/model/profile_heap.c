// SPDX-License-Identifier: MIT
//
// profile_heap.c - sums the cells of all thread slots into one site for each stack.
#include "report/model/profile_parts.h"

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
    size_t part_room;
    bool has_slots; // more than one
    bool peak_is_now;
    uint64_t odd_variances; // no numbers a variance can have
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
    struct site *site = region_push(&table->profile->region, &sites, &heap->site_count,
                                    &table->room, sizeof(*site));
    if (!site)
        return NULL;
    heap->sites = sites;
    *number = (uint32_t)heap->site_count;
    *site = (struct site){
        .stack = stack < table->limit ? stack : UINT32_MAX, .first_ns = -1, .last_ns = -1};
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

// So small that no sum of them overflows, so large that no profile gets there.
#define VARIANCE_MAX 1e200

static double checked_variance(struct site_table *table, double variance)
{
    if (variance >= 0 && variance <= VARIANCE_MAX) // NaN is not
        return variance;
    table->odd_variances++;
    return 0;
}

static struct heap_samples cell_samples(struct site_table *table,
                                        const struct profile_cell_samples *samples)
{
    return (struct heap_samples){
        .taken = (int64_t)samples->samples,
        .freed = (int64_t)samples->freed_samples,
        .variance_blocks = checked_variance(table, samples->variance_blocks),
        .variance_bytes = checked_variance(table, samples->variance_bytes),
        .freed_variance_blocks = checked_variance(table, samples->freed_variance_blocks),
        .freed_variance_bytes = checked_variance(table, samples->freed_variance_bytes),
    };
}

// --- times

// Those of a sampled cell are in its record, of any other behind the cells of its chunk.
static bool has_times_behind(const struct site_table *table, const struct profile_span *span,
                             uint64_t count)
{
    return table->profile->header.version >= 4 && !profile_is_sampled(table->profile) &&
           span->used_bytes != 0 &&
           span->payload_bytes - span->used_bytes >= count * sizeof(struct profile_cell_times);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

// A slot that only frees blocks of the stack has no times. 0 is known to be the first unit of the
// run where the latest is known.
static void add_times(struct site *site, const struct profile_cell_times *times)
{
    int64_t first_ns = (int64_t)(times->first * PROFILE_TIME_UNIT_NS);
    if (times->first == 0 && times->last == 0)
        return;
    site->first_ns = site->first_ns < 0 || first_ns < site->first_ns ? first_ns : site->first_ns;
    if (times->last != 0)
        site->last_ns = later(site->last_ns, (int64_t)(times->last * PROFILE_TIME_UNIT_NS));
}

// --- cells

static int add_part(struct site_table *table, const struct site *site, uint32_t slot,
                    const struct heap_counts *counts)
{
    struct heap *heap = &table->profile->heap;
    void *parts = heap->parts;
    struct heap_part *part = region_push(&table->profile->region, &parts, &heap->part_count,
                                         &table->part_room, sizeof(*part));
    if (!part)
        return -ENOMEM;
    heap->parts = parts;
    *part = (struct heap_part){site->stack, slot, counts->allocations, counts->allocated_bytes};
    return 0;
}

static int add_cell(struct site_table *table, uint32_t slot,
                    const struct profile_sampled_cell *record)
{
    bool has_family = table->profile->header.version >= 4;
    uint32_t stack = record->cell.stack & (has_family ? PROFILE_CELL_STACK_MASK : UINT32_MAX);
    struct site *site = site_of(table, stack);
    if (!site)
        return -ENOMEM;
    struct heap_counts counts;
    cell_counts(table, &record->cell, &counts);
    counts.samples = cell_samples(table, &record->samples);
    heap_counts_add(&site->counts, &counts);
    heap_counts_add(&table->profile->heap.total, &counts);
    if (has_family && record->cell.allocations != 0)
        add_times(site, &record->samples.times);
    return table->has_slots ? add_part(table, site, slot, &counts) : 0;
}

static int load_chunk(struct site_table *table, const struct profile_reader *reader,
                      const struct profile_span *span)
{
    struct profile_sampled_cell record = {0};
    size_t bytes = profile_is_sampled(table->profile) ? sizeof(record) : sizeof(record.cell);
    uint64_t count = profile_span_records(span, bytes);
    bool times_behind = has_times_behind(table, span, count);
    int error = 0;
    for (uint64_t i = 0; i < count && !error; i++) {
        if (!profile_reader_record(reader, span, i, sizeof(record.cell.stack), &record, bytes))
            continue;
        if (times_behind)
            profile_reader_payload(reader, span,
                                   span->used_bytes + i * sizeof(record.samples.times),
                                   &record.samples.times, sizeof(record.samples.times));
        error = add_cell(table, span->slot, &record);
    }
    return error;
}

static int compare_sites(const void *left, const void *right)
{
    const struct site *a = left, *b = right;
    if (a->counts.allocated_bytes != b->counts.allocated_bytes)
        return a->counts.allocated_bytes < b->counts.allocated_bytes ? 1 : -1;
    return (a->stack > b->stack) - (a->stack < b->stack);
}

// --- parts

static bool has_slots(const struct profile *profile, struct profile_reader *reader)
{
    uint32_t first = 0;
    bool found = false;
    for (struct profile_span span = {0}; profile_reader_next(reader, &span);) {
        if (span.type != PROFILE_CHUNK_CELLS)
            continue;
        if (found && span.slot != first)
            return !profile_is_merged(profile);
        first = span.slot;
        found = true;
    }
    return false;
}

static int compare_parts(const void *left, const void *right)
{
    const struct heap_part *a = left, *b = right;
    if (a->stack != b->stack)
        return a->stack < b->stack ? -1 : 1;
    return (a->slot > b->slot) - (a->slot < b->slot);
}

static bool is_of_same_slot(const struct heap_part *a, const struct heap_part *b)
{
    return a->stack == b->stack && a->slot == b->slot;
}

// A damaged profile may have two cells of one stack and slot.
static void sort_parts(struct heap *heap)
{
    size_t count = 0;
    qsort(heap->parts, heap->part_count, sizeof(*heap->parts), compare_parts);
    for (size_t i = 0; i < heap->part_count; i++) {
        const struct heap_part *part = &heap->parts[i];
        if (count > 0 && is_of_same_slot(&heap->parts[count - 1], part)) {
            heap->parts[count - 1].allocations += part->allocations;
            heap->parts[count - 1].allocated_bytes += part->allocated_bytes;
        } else {
            heap->parts[count++] = *part;
        }
    }
    heap->part_count = count;
}

static struct heap_part *first_part(const struct heap *heap, uint32_t stack)
{
    size_t low = 0, high = heap->part_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (heap->parts[middle].stack < stack)
            low = middle + 1;
        else
            high = middle;
    }
    return heap->parts + low;
}

size_t heap_parts(const struct heap *heap, uint32_t stack, const struct heap_part **ret_parts)
{
    if (heap->part_count == 0)
        return 0;
    const struct heap_part *end = heap->parts + heap->part_count;
    const struct heap_part *first = first_part(heap, stack), *last = first;
    while (last < end && last->stack == stack)
        last++;
    *ret_parts = first;
    return (size_t)(last - first);
}

// As whole blocks; the last one that has any takes what rounding leaves.
static void round_parts(const struct heap *heap, const struct site *site)
{
    const struct heap_part *end = heap->parts + heap->part_count;
    struct heap_part *last = NULL;
    int64_t sum = 0, rest = site->counts.allocations;
    for (struct heap_part *part = first_part(heap, site->stack);
         part < end && part->stack == site->stack; part++) {
        if (part->allocations == 0)
            continue;
        part->allocations = whole_blocks(&sum, (uint64_t)part->allocations);
        rest -= part->allocations;
        last = part;
    }
    if (last)
        last->allocations += rest;
}

// --- estimates

// Divided like this so that an arithmetic shift rounds to the nearest, below 0 too.
static int64_t nearest(int64_t units)
{
    const int shift = __builtin_ctz(PROFILE_SAMPLED_UNIT);
    return (units + PROFILE_SAMPLED_UNIT / 2) >> shift;
}

int64_t whole_blocks(int64_t *sum, uint64_t units)
{
    int64_t before = nearest(*sum);
    *sum = (int64_t)((uint64_t)*sum + units);
    return nearest(*sum) - before;
}

// The parts that are disjoint are rounded, what they make up is their sum: so nothing is freed more
// often than it was allocated, and what is freed is not live by a remainder.
static void round_site(struct heap_counts *counts, struct heap_counts *sums)
{
    int64_t others = whole_blocks(&sums->frees, (uint64_t)(counts->frees - counts->temporary));
    counts->temporary = whole_blocks(&sums->temporary, (uint64_t)counts->temporary);
    counts->live_blocks = whole_blocks(&sums->live_blocks, (uint64_t)counts->live_blocks);
    counts->peak_blocks = whole_blocks(&sums->peak_blocks, (uint64_t)counts->peak_blocks);
    counts->frees = counts->temporary + others;
    counts->allocations = counts->frees + counts->live_blocks;
}

static void round_sites(struct heap *heap)
{
    struct heap_counts sums = {0}, total = {0};
    for (size_t i = 0; i < heap->site_count; i++) {
        round_site(&heap->sites[i].counts, &sums);
        heap_counts_add(&total, &heap->sites[i].counts);
    }
    heap->total = total;
    for (size_t i = 0; heap->part_count > 0 && i < heap->site_count; i++)
        round_parts(heap, &heap->sites[i]);
}

// With several threads the peak is known to header.peak_slack_bytes only; no less than what lives.
static void raise_peak(struct heap *heap)
{
    if (heap->total.live_bytes <= heap->total.peak_bytes)
        return;
    heap->total.peak_bytes = heap->total.live_bytes;
    heap->total.peak_blocks = heap->total.live_blocks;
    for (size_t i = 0; i < heap->site_count; i++) {
        struct heap_counts *counts = &heap->sites[i].counts;
        counts->peak_bytes = counts->live_bytes;
        counts->peak_blocks = counts->live_blocks;
    }
}

int profile_load_cells(struct profile *profile, struct profile_reader *reader)
{
    struct site_table table = {
        .profile = profile,
        .limit = stack_limit(reader),
        .peak_is_now =
            profile->header.live_bytes >= profile->header.peak_bytes && !profile_is_merged(profile),
    };
    table.has_slots = has_slots(profile, reader);
    table.numbers = calloc(table.limit, sizeof(*table.numbers));
    int error = table.numbers ? 0 : -ENOMEM;
    for (struct profile_span span = {0}; !error && profile_reader_next(reader, &span);) {
        progress_show(profile->progress, "reading", span.payload_off, reader->limit_bytes);
        if (span.type == PROFILE_CHUNK_CELLS)
            error = load_chunk(&table, reader, &span);
    }
    free(table.numbers);
    if (error || profile->heap.site_count == 0)
        return error;
    if (profile->header.peak_slack_bytes && !profile_is_merged(profile))
        raise_peak(&profile->heap);
    qsort(profile->heap.sites, profile->heap.site_count, sizeof(*profile->heap.sites),
          compare_sites);
    if (table.has_slots)
        sort_parts(&profile->heap);
    if (profile_is_sampled(profile))
        round_sites(&profile->heap);
    if (table.odd_variances)
        profile_note(profile, "%llu variances are damaged: the errors of estimates are too small",
                     (unsigned long long)table.odd_variances);
    return 0;
}
