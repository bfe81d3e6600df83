// SPDX-License-Identifier: MIT
//
// diff_text.c - the tables of places. What they show of each view is the table below; a place is
// the user's innermost line, as in every report.
#include "report/diff/diff_text.h"

#include "report/diff/diff_model.h"
#include "report/model/units.h"
#include "report/text/text_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_USUAL 10
#define STACKS_USUAL 3

enum lock_filter { FILTER_NONE, FILTER_CONTENDED, FILTER_IDLE };

struct diff_table {
    unsigned table; // of enum view_table: the views it belongs to
    const char *view, *type;
    const char *heading, *subject;
    enum lock_filter filter;
    bool only_alone; // not among others
};

static const struct diff_table diff_tables[] = {
    {TABLE_LEAKS, "leaks", "inuse_space", "LEAKS", "by bytes leaked", FILTER_NONE, false},
    {TABLE_REACHABLE, "reachable", "inuse_space", "REACHABLE", "by bytes", FILTER_NONE, false},
    {TABLE_ALLOCATIONS, "allocs", "alloc_space", "ALLOCATIONS", "by bytes", FILTER_NONE, false},
    {TABLE_LIVE, "heap", "inuse_space", "LIVE AT EXIT", "by bytes", FILTER_NONE, false},
    {TABLE_PEAK, "peak", "inuse_space", "PEAK", "by bytes", FILTER_NONE, false},
    {TABLE_TEMPORARY, "temporary", "temporary_objects", "TEMPORARY", "by blocks", FILTER_NONE,
     true},
    {TABLE_LOCKS, "block", "delay", "LOCKS", "by time waited", FILTER_CONTENDED, false},
    {TABLE_LOCKS, "block", "delay", "WAITS", "for conditions, barriers, joins", FILTER_IDLE, true},
    {TABLE_HOLDERS, "mutex", "delay", "HOLDERS", "by time others waited", FILTER_NONE, false},
    {TABLE_THREAD_CREATE | TABLE_THREADS, "threadcreate", "threadcreate", "THREADS",
     "by creation place", FILTER_NONE, false},
};

struct diff_row {
    const struct place *place;
    int64_t old, delta;
    uint32_t worst_stack;
    int64_t worst_old, worst_delta;
    size_t stacks;
};

// --- rows

static int64_t size_of(int64_t value)
{
    return value < 0 ? -value : value;
}

static bool passes(const struct diff_table *table, const struct sample *sample)
{
    if (table->filter == FILTER_NONE || !sample->lock)
        return true;
    return lock_is_idle_kind(sample->lock->kind) == (table->filter == FILTER_IDLE);
}

static void add_sample(struct diff_row *row, const struct sample *sample, size_t type)
{
    int64_t delta = sample->values[type];
    if (row->stacks == 0 || size_of(delta) > size_of(row->worst_delta)) {
        row->worst_stack = sample->stack;
        row->worst_old = sample->old[type];
        row->worst_delta = delta;
    }
    row->stacks++;
    row->old += sample->old[type];
    row->delta += delta;
}

static int compare_rows(const void *left, const void *right)
{
    const struct diff_row *a = left, *b = right;
    if (size_of(a->delta) != size_of(b->delta))
        return size_of(a->delta) < size_of(b->delta) ? 1 : -1;
    return (a->place->number > b->place->number) - (a->place->number < b->place->number);
}

// Those that changed, most first. NULL without memory.
static struct diff_row *make_rows(struct text_report *report, const struct diff_table *table,
                                  const struct sample_set *set, size_t type, size_t *ret_count)
{
    struct profile *profile = report->profile;
    for (size_t i = 0; i < set->count; i++)
        stack_user_frame(profile, set->samples[i].stack); // gives every place its number
    size_t limit = profile_place_count(profile) + 1, count = 0, kept = 0;
    size_t *numbers = region_array(&report->region, limit, sizeof(*numbers));
    struct diff_row *rows = region_array(&report->region, limit, sizeof(*rows));
    if (!numbers || !rows)
        return NULL;
    for (size_t i = 0; i < set->count; i++) {
        const struct place *place = stack_user_frame(profile, set->samples[i].stack)->place;
        if (!passes(table, &set->samples[i]))
            continue;
        if (numbers[place->number] == 0) {
            numbers[place->number] = ++count;
            rows[count - 1].place = place;
        }
        add_sample(&rows[numbers[place->number] - 1], &set->samples[i], type);
    }
    for (size_t i = 0; i < count; i++)
        if (rows[i].delta != 0)
            rows[kept++] = rows[i];
    qsort(rows, kept, sizeof(*rows), compare_rows);
    *ret_count = kept;
    return rows;
}

// --- words

static struct unit_text value_text(const struct sample_type *type, int64_t value)
{
    return strcmp(type->unit, "bytes") == 0         ? unit_bytes(value)
           : strcmp(type->unit, "nanoseconds") == 0 ? unit_ns(value)
                                                    : unit_count(value);
}

static const char *signed_text(struct text_report *report, const struct sample_type *type,
                               int64_t value)
{
    return text_format(report, "%s%s%s", value < 0 ? "-" : "+", report->about,
                       value_text(type, size_of(value)).text);
}

static const char *value_cell(struct text_report *report, const struct sample_type *type,
                              int64_t value)
{
    return text_format(report, "%s%s%s", value < 0 ? "-" : "", report->about,
                       value_text(type, size_of(value)).text);
}

static const char *percent_cell(struct text_report *report, const struct diff_row *row)
{
    if (row->old == 0 || row->old + row->delta == 0)
        return "";
    double percent = 100.0 * (double)row->delta / (double)row->old;
    return percent > 9999 ? ">+9999%" : text_format(report, "%+.1f%%", percent);
}

static const char *change_words(const struct diff_row *row)
{
    return row->old == 0                ? "appeared"
           : row->old + row->delta == 0 ? "gone"
           : row->delta > 0             ? "grown"
                                        : "shrunk";
}

// --- one table

static void put_rows(struct text_report *report, const struct diff_table *kind,
                     const struct sample_type *type, const struct diff_row *rows, size_t count)
{
    static const char *const titles[] = {"old", "new", "change", "", ""};
    struct text_table table = {
        .region = &report->region,
        .heading = kind->heading,
        .subject = kind->subject,
        .titles = titles,
        .number_count = 5,
    };
    for (size_t i = 0; i < count; i++) {
        struct text_row *row = text_table_row(&table);
        report->failed |= !row;
        if (!row)
            return;
        row->cells[0] = place_name(report, rows[i].place);
        row->cells[1] = place_where(report, rows[i].place);
        row->cells[2] = value_cell(report, type, rows[i].old);
        row->cells[3] = value_cell(report, type, rows[i].old + rows[i].delta);
        row->cells[4] = signed_text(report, type, rows[i].delta);
        row->cells[5] = percent_cell(report, &rows[i]);
        row->cells[6] = change_words(&rows[i]);
    }
    text_table_print(&table, report->out, report->bold, report->plain);
}

static void put_stack(struct text_report *report, const struct sample_type *type,
                      const struct diff_row *row)
{
    const char *name = text_cut(&report->region, place_name(report, row->place), 40);
    const char *title =
        text_format(report, "%s: %s", name, signed_text(report, type, row->worst_delta));
    if (row->stacks > 1)
        title = text_format(report, "%s, the most of %zu stacks", title, row->stacks);
    fputc('\n', report->out);
    text_put_stack(report, row->worst_stack, title);
}

static bool was_shown(struct text_report *report, const struct place *place)
{
    bool shown = report->shown[place->number];
    report->shown[place->number] = 1;
    return shown;
}

static void put_stacks(struct text_report *report, const struct sample_type *type,
                       const struct diff_row *rows, size_t count)
{
    for (size_t i = 0; i < count && i < report->stacks; i++)
        if (stack_says_more(report, rows[i].worst_stack) && !was_shown(report, rows[i].place))
            put_stack(report, type, &rows[i]);
}

// There may be more places than when the last table was made.
static void make_shown(struct text_report *report)
{
    size_t places = profile_place_count(report->profile) + 1;
    unsigned char *shown = region_alloc(&report->region, places);
    report->failed |= !shown;
    if (shown && report->shown)
        memcpy(shown, report->shown, report->heap.row_count);
    report->shown = shown;
    report->heap.row_count = places;
}

// How many rows there are.
static size_t put_set(struct text_report *report, const struct diff_table *kind,
                      const struct sample_set *set, size_t type)
{
    size_t count = 0;
    struct diff_row *rows = make_rows(report, kind, set, type, &count);
    make_shown(report);
    report->failed |= !rows;
    if (report->failed || count == 0)
        return 0;
    size_t most = count < report->rows ? count : report->rows;
    const struct sample_type *of = &set->view->types[type];
    fputc('\n', report->out);
    put_rows(report, kind, of, rows, most);
    text_put_more(report, count - most, "");
    put_stacks(report, of, rows, most);
    return count;
}

// The value that is asked for, of a view that is.
static size_t type_of(const struct text_report *report, const struct diff_table *kind,
                      const struct sample_view *view)
{
    const struct render_options *options = report->options;
    bool is_asked_for = options->samples == view && options->value != view->default_type;
    return is_asked_for ? options->value : (size_t)sample_type_find(view, kind->type);
}

static size_t put_table(struct text_report *report, const struct diff_table *kind)
{
    const struct sample_view *view = sample_view_find(kind->view);
    struct sample_set set;
    size_t count = 0;
    if (view->why_not(report->profile) || view->why_not(report->profile->old))
        return 0;
    if (sample_set_init(&set, report->profile, view) != 0) {
        report->failed = true;
        return 0;
    }
    size_t type = type_of(report, kind, view);
    struct diff_table named = *kind;
    if (type != (size_t)sample_type_find(view, kind->type))
        named.subject = view->types[type].type;
    count = put_set(report, &named, &set, type);
    sample_set_release(&set);
    return count;
}

// --- what is there or not

static void put_finding(struct text_report *report, const char *word, const char *text)
{
    fprintf(report->out, "  %-8s  ", word);
    text_wrap(text, 12, report->out);
}

static void put_heading(struct text_report *report, const char *heading, const char *subject)
{
    fprintf(report->out, "\n%s%s%s  %s\n", report->bold, heading, report->plain, subject);
}

static size_t put_circles_of(struct text_report *report, const struct profile *of,
                             const struct profile *other, const char *word, bool has_heading)
{
    size_t count = 0;
    for (size_t i = 0; i < of->order_count; i++) {
        const struct order_cycle *cycle = &of->order[i];
        if (cycle->hidden || cycle->suppressed || cycle->kind == ORDER_INCONSISTENCY ||
            profile_has_circle(other, cycle))
            continue;
        if (count == 0 && !has_heading)
            put_heading(report, "DEADLOCKS", "and locks taken in circles");
        if (count++ < report->rows)
            put_finding(report, word,
                        text_format(report, "%s of %s", order_kind_name(cycle->kind),
                                    cycle_lock_words(report, cycle)));
    }
    return count;
}

static size_t put_circles(struct text_report *report)
{
    struct profile *profile = report->profile;
    size_t count = put_circles_of(report, profile, profile->old, "appeared", false);
    return count + put_circles_of(report, profile->old, profile, "gone", count > 0);
}

static size_t put_misuses(struct text_report *report)
{
    struct profile *profile = report->profile;
    size_t count = 0;
    for (size_t i = 0; i < profile->heap_misuse_count; i++) {
        const struct profile_heap_misuse *record = &profile->heap_misuses[i].record;
        int64_t change = (int64_t)record->count;
        if (profile->heap_misuses[i].hidden || profile->heap_misuses[i].suppressed || change == 0)
            continue;
        const struct place *place = stack_user_frame(profile, record->free_stack)->place;
        if (count == 0)
            put_heading(report, "WRONG FREES", "by place");
        if (count++ < report->rows)
            put_finding(report, change > 0 ? "more" : "fewer",
                        text_format(report, "%s: %s in %s, %s%s", heap_misuse_name(record->kind),
                                    freed_by_name(record->freed_by), place_phrase(report, place),
                                    change > 0 ? "+" : "-", unit_count(size_of(change)).text));
    }
    return count;
}

// --- all of them

static void choose_amounts(struct text_report *report)
{
    const struct render_options *options = report->options;
    report->rows = ROWS_USUAL;
    report->stacks = STACKS_USUAL;
    if (options->rows != ROWS_DEFAULT)
        report->rows = report->stacks = options->rows == 0 ? SIZE_MAX : (size_t)options->rows;
}

bool diff_has_tables(const struct view *view)
{
    unsigned tables = TABLE_ORDER | TABLE_HEAP_MISUSE;
    for (size_t i = 0; i < sizeof(diff_tables) / sizeof(*diff_tables); i++)
        tables |= diff_tables[i].table;
    return (view->tables & tables) != 0;
}

int diff_print_places(struct profile *profile, const struct render_options *options, FILE *out)
{
    struct text_report report = {
        .profile = profile,
        .options = options,
        .out = out,
        .bold = options->colour ? "\033[1m" : "",
        .alarm = options->colour ? "\033[1;31m" : "",
        .plain = options->colour ? "\033[0m" : "",
        .about = profile_is_sampled(profile) || profile_is_sampled(profile->old) ? "~" : "",
    };
    int tables = 0;
    choose_amounts(&report);
    for (size_t i = 0; i < sizeof(diff_tables) / sizeof(*diff_tables); i++) {
        const struct diff_table *table = &diff_tables[i];
        bool is_alone = strcmp(options->view->name, "all") != 0;
        if ((options->view->tables & table->table) && (is_alone || !table->only_alone) &&
            !report.failed)
            tables += put_table(&report, table) != 0;
    }
    if (options->view->tables & TABLE_ORDER)
        tables += put_circles(&report) != 0;
    if (options->view->tables & TABLE_HEAP_MISUSE)
        tables += put_misuses(&report) != 0;
    region_release(&report.region);
    return report.failed ? -ENOMEM : tables;
}
