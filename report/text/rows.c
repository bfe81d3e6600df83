// SPDX-License-Identifier: MIT
//
// rows.c - see rows.h. Places are numbered, so a row is found by indexing.
#include "report/text/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int64_t heap_value(const struct heap_counts *counts, enum sort_by by)
{
    switch (by) {
    case SORT_BLOCKS:
        return counts->allocations;
    case SORT_LIVE:
        return counts->live_bytes;
    case SORT_PEAK:
        return counts->peak_bytes;
    case SORT_TEMPORARY:
        return counts->temporary;
    default:
        return counts->allocated_bytes;
    }
}

// --- heap

static const struct place **site_places(struct profile *profile)
{
    const struct heap *heap = &profile->heap;
    const struct place **places =
        region_array(&profile->region, heap->site_count + 1, sizeof(*places));
    for (size_t i = 0; places && i < heap->site_count; i++) {
        progress_step(profile->progress, "naming", i, heap->site_count);
        if (!heap->sites[i].hidden)
            places[i] = stack_user_frame(profile, heap->sites[i].stack)->place;
    }
    progress_clear(profile->progress);
    return places;
}

int heap_rows_init(struct heap_rows *rows, struct profile *profile)
{
    const struct heap *heap = &profile->heap;
    *rows = (struct heap_rows){.profile = profile};
    const struct place **places = site_places(profile);
    size_t place_count = profile_place_count(profile);
    uint32_t *numbers = region_array(&profile->region, place_count + 1, sizeof(*numbers));
    rows->rows = region_array(&profile->region, place_count + 1, sizeof(*rows->rows));
    rows->site_rows = region_array(&profile->region, heap->site_count + 1, sizeof(uint32_t));
    if (!places || !numbers || !rows->rows || !rows->site_rows)
        return -ENOMEM;
    for (size_t i = 0; i < heap->site_count; i++) {
        if (!places[i])
            continue;
        uint32_t *number = &numbers[places[i]->number];
        if (*number == 0) {
            rows->rows[rows->row_count].place = places[i];
            *number = (uint32_t)++rows->row_count;
        }
        struct heap_row *row = &rows->rows[*number - 1];
        rows->site_rows[i] = *number - 1;
        row->stacks++;
        heap_counts_add(&row->counts, &heap->sites[i].counts);
        heap_counts_add(&rows->shown, &heap->sites[i].counts);
    }
    return 0;
}

static void find_worst(struct heap_rows *rows, enum sort_by by)
{
    const struct heap *heap = &rows->profile->heap;
    for (size_t i = 0; i < rows->row_count; i++)
        rows->rows[i].worst_value = INT64_MIN;
    for (size_t i = 0; i < heap->site_count; i++) {
        struct heap_row *row = &rows->rows[rows->site_rows[i]];
        int64_t value = heap_value(&heap->sites[i].counts, by);
        if (heap->sites[i].hidden || value <= row->worst_value)
            continue;
        row->worst_value = value;
        row->worst_stack = heap->sites[i].stack;
    }
}

static int compare_heap_rows(const void *left, const void *right, void *by)
{
    const struct heap_row *a = *(struct heap_row *const *)left;
    const struct heap_row *b = *(struct heap_row *const *)right;
    int64_t value_a = heap_value(&a->counts, *(enum sort_by *)by);
    int64_t value_b = heap_value(&b->counts, *(enum sort_by *)by);
    if (value_a != value_b)
        return value_a < value_b ? 1 : -1;
    if (a->counts.allocations != b->counts.allocations)
        return a->counts.allocations < b->counts.allocations ? 1 : -1;
    return (a->place->number > b->place->number) - (a->place->number < b->place->number);
}

int heap_rows_sort(struct heap_rows *rows, enum sort_by by, struct heap_row ***ret_sorted,
                   size_t *ret_count)
{
    struct heap_row **sorted =
        region_array(&rows->profile->region, rows->row_count + 1, sizeof(*sorted));
    if (!sorted)
        return -ENOMEM;
    size_t count = 0;
    for (size_t i = 0; i < rows->row_count; i++)
        if (heap_value(&rows->rows[i].counts, by) != 0)
            sorted[count++] = &rows->rows[i];
    find_worst(rows, by);
    qsort_r(sorted, count, sizeof(*sorted), compare_heap_rows, &by);
    *ret_sorted = sorted;
    *ret_count = count;
    return 0;
}

// --- callers

static bool same_function(const struct place *a, const struct place *b)
{
    return a->function && b->function ? strcmp(a->function, b->function) == 0 : a == b;
}

static const struct place *caller_place(struct profile *profile, uint32_t stack,
                                        const struct place *callee)
{
    struct stack_walk walk = {.node = stack};
    bool inside = false;
    for (const struct frame *frame; (frame = stack_walk_next(profile, &walk));) {
        if (frame->place == callee)
            inside = true;
        else if (inside && !frame->runtime && !frame->marker &&
                 !same_function(frame->place, callee))
            return frame->place;
    }
    return NULL;
}

static int compare_callers(const void *left, const void *right)
{
    const struct caller_row *a = left, *b = right;
    if (a->value != b->value)
        return a->value < b->value ? 1 : -1;
    uint32_t number_a = a->place ? a->place->number : 0, number_b = b->place ? b->place->number : 0;
    return (number_a > number_b) - (number_a < number_b);
}

static int compare_caller_places(const void *left, const void *right)
{
    const struct place *a = ((const struct caller_row *)left)->place;
    const struct place *b = ((const struct caller_row *)right)->place;
    return (a > b) - (a < b);
}

static size_t merge_callers(struct caller_row *callers, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept && callers[kept - 1].place == callers[i].place)
            callers[kept - 1].value += callers[i].value;
        else
            callers[kept++] = callers[i];
    }
    return kept;
}

int caller_rows_make(const struct heap_rows *rows, const struct heap_row *row, enum sort_by by,
                     struct caller_row **ret_rows, size_t *ret_count)
{
    struct profile *profile = rows->profile;
    struct caller_row *callers = region_array(&profile->region, row->stacks + 1, sizeof(*callers));
    if (!callers)
        return -ENOMEM;
    size_t count = 0;
    for (size_t i = 0; i < profile->heap.site_count && count < row->stacks; i++) {
        const struct site *site = &profile->heap.sites[i];
        if (site->hidden || &rows->rows[rows->site_rows[i]] != row)
            continue;
        callers[count++] = (struct caller_row){
            .place = caller_place(profile, site->stack, row->place),
            .value = heap_value(&site->counts, by),
        };
    }
    qsort(callers, count, sizeof(*callers), compare_caller_places);
    count = merge_callers(callers, count);
    qsort(callers, count, sizeof(*callers), compare_callers);
    *ret_rows = callers;
    *ret_count = count;
    return 0;
}

// --- leaks

int64_t leak_row_value(const struct leak_row *row, enum sort_by by)
{
    switch (by) {
    case SORT_BLOCKS:
        return row->blocks + row->indirect_blocks;
    case SORT_GROWTH:
        return row->grown_bytes;
    default:
        return row->bytes + row->indirect_bytes;
    }
}

static int64_t leak_value(const struct leak *leak, enum sort_by by)
{
    const struct leak_row row = {
        .blocks = leak->blocks,
        .bytes = leak->bytes,
        .indirect_blocks = leak->indirect_blocks,
        .indirect_bytes = leak->indirect_bytes,
        .grown_bytes = leak->grown_bytes,
    };
    return leak_row_value(&row, by);
}

static bool is_earlier(int64_t time_ns, int64_t than_ns)
{
    return time_ns >= 0 && (than_ns < 0 || time_ns < than_ns);
}

static void leak_row_add(struct leak_row *row, const struct leak *leak, enum sort_by by)
{
    int64_t value = leak_value(leak, by);
    if (row->stacks == 0 || value > row->worst_value) {
        row->worst_stack = leak->stack;
        row->worst_value = value;
    }
    row->first_ns = row->stacks == 0 || is_earlier(leak->first_ns, row->first_ns) ? leak->first_ns
                                                                                  : row->first_ns;
    row->last_ns = row->stacks == 0 || leak->last_ns > row->last_ns ? leak->last_ns : row->last_ns;
    row->stacks++;
    row->blocks += leak->blocks;
    row->bytes += leak->bytes;
    row->indirect_blocks += leak->indirect_blocks;
    row->indirect_bytes += leak->indirect_bytes;
    row->grown_blocks += leak->grown_blocks;
    row->grown_bytes += leak->grown_bytes;
}

static int compare_leak_rows(const void *left, const void *right, void *by)
{
    const struct leak_row *a = left, *b = right;
    int64_t value_a = leak_row_value(a, *(enum sort_by *)by);
    int64_t value_b = leak_row_value(b, *(enum sort_by *)by);
    if (value_a != value_b)
        return value_a < value_b ? 1 : -1;
    if (a->blocks != b->blocks)
        return a->blocks < b->blocks ? 1 : -1;
    return (a->place->number > b->place->number) - (a->place->number < b->place->number);
}

static bool is_of_class(const struct leak *leak, uint32_t class)
{
    return leak->class == class && !leak->hidden && !leak->suppressed;
}

int leak_rows_make(struct profile *profile, uint32_t class, enum sort_by by,
                   struct leak_row **ret_rows, size_t *ret_count)
{
    const struct leaks *leaks = &profile->leaks;
    for (size_t i = 0; i < leaks->record_count; i++)
        if (is_of_class(&leaks->records[i], class))
            stack_user_frame(profile, leaks->records[i].stack); // gives every place its number
    size_t limit = profile_place_count(profile) + 1, count = 0;
    size_t *numbers = region_array(&profile->region, limit, sizeof(*numbers));
    struct leak_row *rows = region_array(&profile->region, limit, sizeof(*rows));
    if (!numbers || !rows)
        return -ENOMEM;
    for (size_t i = 0; i < leaks->record_count; i++) {
        const struct leak *leak = &leaks->records[i];
        if (!is_of_class(leak, class))
            continue;
        const struct place *place = stack_user_frame(profile, leak->stack)->place;
        if (numbers[place->number] == 0) {
            numbers[place->number] = ++count;
            rows[count - 1].place = place;
        }
        leak_row_add(&rows[numbers[place->number] - 1], leak, by);
    }
    qsort_r(rows, count, sizeof(*rows), compare_leak_rows, &by);
    *ret_rows = rows;
    *ret_count = count;
    return 0;
}

// --- threads

static void thread_row_add(struct thread_row *row, const struct thread *thread)
{
    const char *join = thread->join ? thread->join : "";
    int64_t leaked = strcmp(join, "leaked") == 0 ? thread->count : 0;
    bool runs = thread->record.end_ns == 0 && thread->record.exit_kind == 0;
    int64_t running = runs ? thread->count : 0;
    row->created += thread->count;
    row->joined += strcmp(join, "joined") == 0 ? thread->count : 0;
    row->detached += strcmp(join, "detached") == 0 ? thread->count : 0;
    row->leaked += leaked;
    row->running += running;
    row->suppressed_leaked += thread->suppressed ? leaked : 0;
    row->suppressed_running += thread->suppressed ? running : 0;
    row->cpu_ns += (int64_t)thread->record.cpu_ns;
}

static int64_t thread_row_value(const struct thread_row *row, enum sort_by by)
{
    return by == SORT_LEAKED ? row->leaked : by == SORT_CPU ? row->cpu_ns : row->created;
}

static int compare_thread_rows(const void *left, const void *right, void *by)
{
    const struct thread_row *a = left, *b = right;
    int64_t value_a = thread_row_value(a, *(enum sort_by *)by);
    int64_t value_b = thread_row_value(b, *(enum sort_by *)by);
    if (value_a != value_b)
        return value_a < value_b ? 1 : -1;
    return (a->created < b->created) - (a->created > b->created);
}

// Number 0 is for the threads nobody was seen to create.
static size_t thread_row_number(struct profile *profile, const struct thread *thread)
{
    uint32_t stack = thread->record.creation_stack;
    return stack == 0 ? 0 : 1 + stack_user_frame(profile, stack)->place->number;
}

static bool is_listed(const struct thread *thread)
{
    return !thread->hidden && thread->record.origin == PROFILE_ORIGIN_CREATED;
}

int thread_rows_make(struct profile *profile, enum sort_by by, struct thread_row **ret_rows,
                     size_t *ret_count)
{
    const struct threads *threads = &profile->threads;
    for (size_t i = 0; i < threads->record_count; i++)
        if (is_listed(&threads->records[i]))
            thread_row_number(profile, &threads->records[i]); // gives every place its number
    size_t limit = profile_place_count(profile) + 1;
    size_t *numbers = region_array(&profile->region, limit, sizeof(*numbers));
    struct thread_row *rows = region_array(&profile->region, limit, sizeof(*rows));
    if (!numbers || !rows)
        return -ENOMEM;
    size_t count = 0;
    for (size_t i = 0; i < threads->record_count; i++) {
        const struct thread *thread = &threads->records[i];
        if (!is_listed(thread))
            continue;
        size_t number = thread_row_number(profile, thread);
        if (numbers[number] == 0) {
            numbers[number] = ++count;
            if (number)
                rows[count - 1].place =
                    stack_user_frame(profile, thread->record.creation_stack)->place;
        }
        thread_row_add(&rows[numbers[number] - 1], thread);
    }
    qsort_r(rows, count, sizeof(*rows), compare_thread_rows, &by);
    *ret_rows = rows;
    *ret_count = count;
    return 0;
}
