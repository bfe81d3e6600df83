// SPDX-License-Identifier: MIT
//
// text_heap.c - the tables of the heap: by place, with share and running sum, then the stacks of
// the first rows. Figures of a sampled heap carry a '~', and those whose error is known, the error.
#include "report/model/units.h"
#include "report/text/text_report.h"

#define TEMPORARY_NOTABLE_BLOCKS 1000
#define TEMPORARY_NOTABLE_PERCENT 10
#define STACK_PERCENT_MIN 5    // of the table's total
#define SCATTERED_STACKS_MIN 4 // none of which has half
#define SCATTERED_ROWS_MAX 100 // looking for callers takes a look at all sites
#define CALLERS_MAX 4
#define SAMPLES_MIN 10 // below, an error in percent would say more than is known

struct heap_table {
    enum view_table table;
    const char *heading; // NULL: says when, as text_end_words()
    const char *titles[6];
    size_t title_count;  // without the error
    bool error_is_known; // of the bytes; the last column of a sampled heap
};

static const struct heap_table heap_tables[] = {
    {TABLE_ALLOCATIONS,
     "ALLOCATIONS",
     {"bytes", "share", "sum", "blocks", "temporary", "error"},
     5,
     true},
    {TABLE_LIVE, NULL, {"bytes", "share", "sum", "blocks", "of made", "error"}, 5, true},
    {TABLE_PEAK, "PEAK", {"bytes", "share", "sum", "blocks"}, 4, false},
    {TABLE_TEMPORARY, "TEMPORARY", {"temporary", "share", "sum", "blocks", "bytes"}, 5, false},
};

static const char *sort_words(enum view_table table, enum sort_by by)
{
    switch (by) {
    case SORT_BLOCKS:
        return "by blocks";
    case SORT_LIVE:
        return table == TABLE_LIVE ? "by bytes" : "by live bytes";
    case SORT_PEAK:
        return table == TABLE_PEAK ? "by bytes" : "by bytes at the peak";
    case SORT_TEMPORARY:
        return table == TABLE_TEMPORARY ? "by blocks" : "by temporary blocks";
    default:
        return "by bytes";
    }
}

// A figure of the heap; "-" is none.
static const char *copy(struct text_report *report, struct unit_text text)
{
    bool is_figure = text.text[0] != '-' || text.text[1];
    return text_format(report, "%s%s", is_figure ? report->about : "", text.text);
}

// Of the bytes of the table.
static const char *error_cell(struct text_report *report, enum view_table table,
                              const struct heap_counts *counts)
{
    struct heap_error error = heap_error(counts);
    bool live = table == TABLE_LIVE;
    int64_t samples = counts->samples.taken - (live ? counts->samples.freed : 0);
    if (samples < SAMPLES_MIN)
        return text_format(report, "%d sample%s", samples > 0 ? (int)samples : 0,
                           samples == 1 ? "" : "s");
    return text_format(report, "%s",
                       live ? unit_error(error.live_bytes, counts->live_bytes).text
                            : unit_error(error.allocated_bytes, counts->allocated_bytes).text);
}

// The columns of each table: what it is about, the share and the running sum of what it is sorted
// by, and what else one wants to know then.
static void fill_numbers(struct text_report *report, enum view_table table,
                         const struct heap_counts *counts, const char **cells)
{
    int64_t blocks = counts->allocations;
    switch (table) {
    case TABLE_LIVE:
        cells[0] = copy(report, unit_bytes(counts->live_bytes));
        cells[3] = copy(report, unit_count(counts->live_blocks));
        cells[4] = copy(report, unit_share(counts->live_blocks, blocks));
        break;
    case TABLE_PEAK:
        cells[0] = copy(report, unit_bytes(counts->peak_bytes));
        cells[3] = copy(report, unit_count(counts->peak_blocks));
        break;
    case TABLE_TEMPORARY:
        cells[0] = copy(report, unit_count(counts->temporary));
        cells[3] = copy(report, unit_count(blocks));
        cells[4] = copy(report, unit_bytes(counts->allocated_bytes));
        break;
    default:
        cells[0] = copy(report, unit_bytes(counts->allocated_bytes));
        cells[3] = copy(report, unit_count(blocks));
        cells[4] = copy(report, unit_share(counts->temporary, blocks));
        break;
    }
}

static const char *table_words(struct text_report *report, enum view_table table, enum sort_by by)
{
    const char *time = table == TABLE_PEAK ? text_peak_time(report) : NULL;
    return time ? text_format(report, "%s, %s", time, sort_words(table, by))
                : sort_words(table, by);
}

static const struct place **places_of(struct text_report *report, struct heap_row *const *rows,
                                      size_t count)
{
    const struct place **places = region_array(&report->region, count + 1, sizeof(*places));
    report->failed |= !places;
    for (size_t i = 0; places && i < count; i++)
        places[i] = rows[i]->place;
    return places;
}

static void put_rows(struct text_report *report, const struct heap_table *kind, enum sort_by by,
                     struct heap_row *const *rows, size_t count)
{
    struct text_table table = {
        .region = &report->region,
        .heading = kind->heading                             ? kind->heading
                   : report->profile->state == STATE_RUNNING ? "IN USE"
                   : report->profile->state == STATE_KILLED  ? "LIVE AT THE END"
                                                             : "LIVE AT EXIT",
        .subject = table_words(report, kind->table, by),
        .titles = kind->titles,
        .number_count = kind->title_count,
    };
    bool with_error = kind->error_is_known && profile_is_sampled(report->profile);
    table.number_count += with_error;
    int64_t total = heap_value(&report->heap.shown, by), sum = 0;
    const struct place **places = places_of(report, rows, count);
    for (size_t i = 0; places && i < count; i++) {
        struct text_row *row = text_table_row(&table);
        report->failed |= !row;
        if (!row)
            return;
        int64_t value = heap_value(&rows[i]->counts, by);
        sum += value;
        row->cells[0] = place_name(report, rows[i]->place);
        row->cells[1] = place_where_among(report, rows[i]->place, places, count);
        fill_numbers(report, kind->table, &rows[i]->counts, &row->cells[TEXT_TABLE_NAMES]);
        row->cells[TEXT_TABLE_NAMES + 1] = copy(report, unit_share(value, total));
        row->cells[TEXT_TABLE_NAMES + 2] = copy(report, unit_share(sum, total));
        if (with_error)
            row->cells[TEXT_TABLE_NAMES + kind->title_count] =
                error_cell(report, kind->table, &rows[i]->counts);
    }
    text_table_print(&table, report->out, report->bold, report->plain);
}

static const char *value_words(struct text_report *report, enum sort_by by, int64_t value)
{
    if (by == SORT_BLOCKS || by == SORT_TEMPORARY)
        return text_format(report, "%s%s block%s", report->about, unit_count(value).text,
                           value == 1 ? "" : "s");
    return copy(report, unit_bytes(value));
}

// Where many stacks end in one place (a wrapper of malloc, say), its callers tell more than any of
// the stacks.
static void put_callers(struct text_report *report, enum sort_by by, const struct heap_row *row)
{
    static const char *const titles[] = {""};
    struct text_table table = {.region = &report->region, .titles = titles, .number_count = 1};
    struct caller_row *callers;
    size_t count;
    report->failed |= caller_rows_make(&report->heap, row, by, &callers, &count) != 0;
    if (report->failed || count < 2)
        return;
    int64_t total = heap_value(&row->counts, by);
    for (size_t i = 0; i < count && i < CALLERS_MAX; i++) {
        struct text_row *line = text_table_row(&table);
        report->failed |= !line;
        if (!line)
            return;
        const struct place *place = callers[i].place;
        line->cells[0] =
            text_format(report, "    from %s", place ? place_name(report, place) : "nowhere known");
        line->cells[1] = place ? place_where(report, place) : "";
        line->cells[2] = copy(report, unit_share(callers[i].value, total));
    }
    text_table_print(&table, report->out, "", "");
}

static bool is_scattered(const struct heap_row *row, int64_t total)
{
    return row->stacks >= SCATTERED_STACKS_MIN && row->worst_value < total / 2;
}

static void put_stack(struct text_report *report, enum sort_by by, const struct heap_row *row)
{
    const char *name = text_cut(&report->region, place_name(report, row->place), 40);
    int64_t total = heap_value(&row->counts, by);
    const char *all = value_words(report, by, total);
    const char *worst = value_words(report, by, row->worst_value);
    const char *title = text_format(report, "%s: %s", name, all);
    fputc('\n', report->out);
    if (is_scattered(row, total) && report->stacks <= SCATTERED_ROWS_MAX) {
        fprintf(report->out, "    %s in %s stacks\n", title, unit_count((int64_t)row->stacks).text);
        put_callers(report, by, row);
        title = text_format(report, "the largest: %s", worst);
    } else if (row->stacks > 1) {
        title = text_format(report, "%s: %s of %s, and %s more stack%s", name, worst, all,
                            unit_count((int64_t)row->stacks - 1).text, row->stacks == 2 ? "" : "s");
    }
    text_put_stack(report, row->worst_stack, title);
}

// Unless rows were asked for, only of places that matter.
static bool is_worth_a_stack(const struct text_report *report, enum sort_by by,
                             const struct heap_row *row)
{
    int64_t total = heap_value(&report->heap.shown, by);
    return report->options->rows != ROWS_DEFAULT ||
           (double)heap_value(&row->counts, by) * 100 >= (double)total * STACK_PERCENT_MIN;
}

// A place whose stack stands below an earlier table is not shown again.
static void put_stacks(struct text_report *report, enum sort_by by, struct heap_row *const *rows,
                       size_t count)
{
    for (size_t i = 0; i < count && i < report->stacks; i++) {
        size_t number = (size_t)(rows[i] - report->heap.rows);
        if (report->shown[number] || !is_worth_a_stack(report, by, rows[i]) ||
            !stack_says_more(report, rows[i]->worst_stack))
            continue;
        report->shown[number] = 1;
        put_stack(report, by, rows[i]);
    }
}

static bool is_wanted(const struct text_report *report, enum view_table table)
{
    const struct heap_counts *total = &report->heap.shown;
    if (table != TABLE_TEMPORARY || report->options->view->tables == TABLE_TEMPORARY)
        return true;
    return total->temporary >= TEMPORARY_NOTABLE_BLOCKS &&
           total->temporary >= total->allocations / 100 * TEMPORARY_NOTABLE_PERCENT;
}

static void put_table(struct text_report *report, const struct heap_table *kind)
{
    enum sort_by by = sort_for_table(report->options->sort, kind->table);
    struct heap_row **rows;
    size_t count;
    report->failed |= heap_rows_sort(&report->heap, by, &rows, &count) != 0;
    if (report->failed || !is_wanted(report, kind->table))
        return;
    // the summary says it; only who asks for this very table hears it again
    if (count == 0 && report->options->view->tables != kind->table)
        return;
    size_t shown = count < report->rows ? count : report->rows;
    fputc('\n', report->out);
    put_rows(report, kind, by, rows, shown);
    if (count == 0)
        fputs(*report->about ? "  nothing sampled\n" : "  nothing\n", report->out);
    text_put_more(report, count - shown, "");
    if (kind->table == TABLE_PEAK)
        text_put_live_line(report);
    put_stacks(report, by, rows, shown);
}

void text_put_heap(struct text_report *report, unsigned tables)
{
    report->shown = region_alloc(&report->region, report->heap.row_count + 1);
    report->failed |= !report->shown;
    for (size_t i = 0; i < sizeof(heap_tables) / sizeof(*heap_tables); i++)
        if (!report->failed && (tables & heap_tables[i].table))
            put_table(report, &heap_tables[i]);
}
