// SPDX-License-Identifier: MIT
//
// line_values.c - see line_values.h. A place is a line of a function, so values are kept by place.
#include "report/analysis/line_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NO_MATCH UINT32_MAX

struct line_reader {
    struct line_values *values;
    struct function_table functions;
    struct call_path path;
    struct function_pattern *pattern;
    uint32_t *by_function; // 1 + index of values->functions; NO_MATCH; 0: not looked at yet
    uint32_t *by_place;    // 1 + index of values->lines; 0: none yet
    size_t function_room, place_room;
};

static int grow(uint32_t **array, size_t *room, size_t needed)
{
    if (needed <= *room)
        return 0;
    uint32_t *larger = reallocarray(*array, 2 * needed, sizeof(*larger));
    if (!larger)
        return -ENOMEM;
    memset(larger + *room, 0, (2 * needed - *room) * sizeof(*larger));
    *array = larger;
    *room = 2 * needed;
    return 0;
}

// Returns where element *count goes, all zero; NULL without memory.
static void *push(void **elements, size_t *count, size_t *room, size_t bytes)
{
    if (*count == *room) {
        size_t more = *room ? 2 * *room : 64;
        void *larger = reallocarray(*elements, more, bytes);
        if (!larger)
            return NULL;
        *elements = larger;
        *room = more;
    }
    return memset((char *)*elements + (*count)++ * bytes, 0, bytes);
}

static uint32_t add_function(struct line_reader *reader, const struct place *place)
{
    struct line_values *values = reader->values;
    void *functions = values->functions;
    struct listed_function *added =
        push(&functions, &values->function_count, &values->function_room, sizeof(*added));
    values->functions = functions;
    if (!added)
        return 0;
    added->place = place;
    return (uint32_t)values->function_count;
}

// 1 + index of the function, NO_MATCH, or 0 without memory.
static uint32_t listed_at(struct line_reader *reader, uint32_t function)
{
    if (grow(&reader->by_function, &reader->function_room, (size_t)function + 1) != 0)
        return 0;
    uint32_t *known = &reader->by_function[function];
    const struct place *place = reader->functions.functions[function].place;
    if (*known == 0 && !function_pattern_matches(reader->pattern, place))
        *known = NO_MATCH;
    if (*known == 0)
        *known = add_function(reader, place);
    return *known;
}

static struct line_value *line_at(struct line_reader *reader, const struct place *place,
                                  uint32_t function)
{
    struct line_values *values = reader->values;
    if (place->number == UINT32_MAX) // of a stack that is not known
        return NULL;
    if (grow(&reader->by_place, &reader->place_room, (size_t)place->number + 1) != 0)
        return NULL;
    uint32_t *known = &reader->by_place[place->number];
    if (*known)
        return &values->lines[*known - 1];
    void *lines = values->lines;
    struct line_value *added =
        push(&lines, &values->line_count, &values->line_room, sizeof(*added));
    values->lines = lines;
    if (!added)
        return NULL;
    added->place = place;
    added->function = function;
    *known = (uint32_t)values->line_count;
    return added;
}

static void count(struct line_counts *counts, const int64_t *stack_values, uint32_t seen,
                  bool is_leaf)
{
    for (size_t i = 0; i < LINE_VALUES; i++) {
        if (counts->seen != seen)
            counts->cum[i] += stack_values[i];
        if (is_leaf)
            counts->flat[i] += stack_values[i];
    }
    counts->seen = seen;
}

static int count_stack(struct line_reader *reader, const int64_t *stack_values, uint32_t seen)
{
    for (size_t i = 0; i < reader->path.count; i++) {
        const struct path_frame *frame = &reader->path.frames[i];
        uint32_t listed = listed_at(reader, frame->function);
        if (listed == 0)
            return -ENOMEM;
        if (listed == NO_MATCH)
            continue;
        count(&reader->values->functions[listed - 1].counts, stack_values, seen, i == 0);
        struct line_value *line = line_at(reader, frame->place, listed - 1);
        if (line)
            count(&line->counts, stack_values, seen, i == 0);
        else if (frame->place->number != UINT32_MAX)
            return -ENOMEM;
    }
    return 0;
}

static int read_samples(struct line_reader *reader, struct analysis *analysis)
{
    const struct sample_set *set = &analysis->set;
    size_t companion = analysis->companion;
    int error = 0;
    for (size_t i = 0; i < set->count && !error; i++) {
        const struct sample *sample = &set->samples[i];
        int64_t values[LINE_VALUES] = {sample->values[analysis->value]};
        if (companion != ANALYSIS_NO_VALUE)
            values[LINE_COMPANION] = sample->values[companion];
        if (values[LINE_MAIN] == 0 && values[LINE_COMPANION] == 0)
            continue;
        error = call_path_read(&reader->path, &reader->functions, analysis->profile, sample->stack);
        error = error ? error : count_stack(reader, values, (uint32_t)i + 1);
    }
    return error;
}

// --- the order

static int compare_functions(const void *left, const void *right, void *context)
{
    const struct listed_function *functions = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    uint64_t a_cum = value_magnitude(functions[a].counts.cum[LINE_MAIN]);
    uint64_t b_cum = value_magnitude(functions[b].counts.cum[LINE_MAIN]);
    if (a_cum != b_cum)
        return a_cum > b_cum ? -1 : 1;
    return (a > b) - (a < b);
}

static int compare_lines(const void *left, const void *right)
{
    const struct line_value *a = left, *b = right;
    if (a->function != b->function)
        return a->function < b->function ? -1 : 1;
    if (a->place->line != b->place->line)
        return a->place->line < b->place->line ? -1 : 1;
    return (a->place->number > b->place->number) - (a->place->number < b->place->number);
}

// Functions in their order; lines point to where theirs has gone.
static int sort_functions(struct line_values *values)
{
    size_t count = values->function_count;
    uint32_t *order = calloc(count + 1, sizeof(*order));
    uint32_t *place = calloc(count + 1, sizeof(*place));
    struct listed_function *sorted = calloc(count + 1, sizeof(*sorted));
    bool has_memory = order && place && sorted;
    for (size_t i = 0; i < count && has_memory; i++)
        order[i] = (uint32_t)i;
    if (has_memory)
        qsort_r(order, count, sizeof(*order), compare_functions, values->functions);
    for (size_t i = 0; i < count && has_memory; i++) {
        sorted[i] = values->functions[order[i]];
        place[order[i]] = (uint32_t)i;
    }
    for (size_t i = 0; i < values->line_count && has_memory; i++)
        values->lines[i].function = place[values->lines[i].function];
    if (has_memory) {
        free(values->functions);
        values->functions = sorted;
    } else {
        free(sorted);
    }
    free(order);
    free(place);
    return has_memory ? 0 : -ENOMEM;
}

static int sort(struct line_values *values)
{
    int error = sort_functions(values);
    if (error || values->line_count == 0)
        return error;
    qsort(values->lines, values->line_count, sizeof(*values->lines), compare_lines);
    for (size_t i = values->line_count; i-- > 0;) {
        struct listed_function *function = &values->functions[values->lines[i].function];
        function->first_line = i;
        function->line_count++;
    }
    return 0;
}

// --- all of it

int line_values_init(struct line_values *values, struct analysis *analysis)
{
    *values = (struct line_values){0};
    struct line_reader reader = {.values = values};
    int error = function_table_init(&reader.functions);
    if (error)
        return error;
    reader.pattern = function_pattern_new(analysis->options->pattern);
    error = reader.pattern ? read_samples(&reader, analysis) : -ENOMEM;
    error = error ? error : sort(values);
    function_pattern_free(reader.pattern);
    call_path_release(&reader.path);
    function_table_release(&reader.functions);
    free(reader.by_function);
    free(reader.by_place);
    if (error)
        line_values_release(values);
    return error;
}

void line_values_release(struct line_values *values)
{
    free(values->functions);
    free(values->lines);
    *values = (struct line_values){0};
}
