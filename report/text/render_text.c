// SPDX-License-Identifier: MIT
//
// render_text.c - the report for people: a summary that fits the first screen and says whether
// anything is wrong and where, then tables, worst first, with a stack where it helps. At most
// TEXT_COLUMNS columns, whatever the names.
#include "report/formats/render.h"
#include "report/model/function_name.h"
#include "report/model/runtime_code.h"
#include "report/model/units.h"
#include "report/text/text_report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define ROWS_USUAL 10
#define STACKS_USUAL 3
#define STACK_FRAMES_MAX 24
#define PHRASE_NAME_COLUMNS 40
#define PLACES_COMPARED_MAX 1000

const char *text_or_empty(struct text_report *report, const char *text)
{
    report->failed |= !text;
    return text ? text : "";
}

const char *text_format(struct text_report *report, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = region_vprintf(&report->region, format, arguments);
    va_end(arguments);
    return text_or_empty(report, text);
}

// --- names

const char *place_name(struct text_report *report, const struct place *place)
{
    if (!place->function)
        return text_format(report, "0x%" PRIx64, place->offset);
    size_t length;
    const char *function = function_short_name(place->function, &length);
    const char *name = region_strndup(&report->region, function, length);
    return text_or_empty(report, text_printable(&report->region, text_or_empty(report, name)));
}

const char *place_where(struct text_report *report, const struct place *place)
{
    const char *where = "";
    if (place->file && place->line)
        where = text_format(report, "%s:%u", path_basename(place->file), place->line);
    else if (place->file)
        where = path_basename(place->file);
    else if (place->module)
        where = path_basename(place->module);
    return text_or_empty(report, text_printable(&report->region, where));
}

static bool are_equal(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool look_alike(const struct place *a, const struct place *b)
{
    return a->line == b->line && are_equal(a->function, b->function) &&
           are_equal(a->file ? path_basename(a->file) : NULL,
                     b->file ? path_basename(b->file) : NULL) &&
           !are_equal(a->module, b->module);
}

const char *place_where_among(struct text_report *report, const struct place *place,
                              const struct place *const *places, size_t count)
{
    const char *where = place_where(report, place);
    if (!place->function || !place->file || !place->module || count > PLACES_COMPARED_MAX)
        return where;
    for (size_t i = 0; i < count; i++) {
        const struct place *other = places[i];
        if (!look_alike(place, other))
            continue;
        const char *base = path_basename(place->module);
        bool tells = !other->module || strcmp(base, path_basename(other->module)) != 0;
        const char *module = tells ? base : text_cut(&report->region, place->module, 40);
        return text_format(report, "%s  %s", where,
                           text_or_empty(report, text_printable(&report->region, module)));
    }
    return where;
}

const char *place_phrase(struct text_report *report, const struct place *place)
{
    const char *name = text_cut(&report->region, place_name(report, place), PHRASE_NAME_COLUMNS);
    const char *where = text_cut(&report->region, place_where(report, place), PHRASE_NAME_COLUMNS);
    return *where ? text_format(report, "%s (%s)", name, where) : name;
}

const char *text_end_words(const struct profile *profile)
{
    return profile->state == STATE_RUNNING  ? "now"
           : profile->state == STATE_KILLED ? "at the end"
                                            : "at exit";
}

// --- stacks

// The functions that start programs and threads: from there outwards nothing is news.
static bool is_start_code(const struct frame *frame)
{
    static const char *const names[] = {
        "_start",
        "__libc_start_main",
        "__libc_start_call_main",
        "__libc_start_main_impl",
        "start_thread",
        "clone",
        "__clone",
        "clone3",
        "__clone3",
    };
    const char *function = frame->place->function;
    for (size_t i = 0; function && i < sizeof(names) / sizeof(*names); i++)
        if (strncmp(function, names[i], strlen(names[i])) == 0 &&
            strchr("@", function[strlen(names[i])]))
            return frame->runtime || names[i][0] == '_';
    return false;
}

// How many frames there are before the start code, and before what ends a stack without a name.
static size_t stack_depth(struct text_report *report, uint32_t stack)
{
    struct stack_walk walk = {.node = stack};
    size_t depth = 0, last = 0;
    for (const struct frame *frame; (frame = stack_walk_next(report->profile, &walk));) {
        if (depth > 0 && is_start_code(frame))
            break;
        depth++;
        if (frame->place->function || !frame->runtime)
            last = depth;
    }
    return last ? last : depth;
}

bool stack_says_more(struct text_report *report, uint32_t stack)
{
    return stack_depth(report, stack) > 1;
}

static void put_frame(struct text_report *report, struct text_table *table, size_t indent,
                      const struct frame *frame)
{
    struct text_row *row = text_table_row(table);
    report->failed |= !row;
    if (!row)
        return;
    const char *name = place_name(report, frame->place);
    const char *module = frame->place->module ? path_basename(frame->place->module) : "";
    const char *printable = text_or_empty(report, text_printable(&report->region, module));
    row->cells[0] =
        text_format(report, "%*s%s%s", (int)indent, "", name, frame->inlined ? " (inlined)" : "");
    row->cells[1] = frame->place->file ? place_where(report, frame->place) : "";
    row->cells[2] = text_cut(&report->region, printable, 24);
}

// Frames `first` to `end` of a stack. The table adds the first two columns of the indent.
static void put_frames(struct text_report *report, uint32_t stack, size_t indent, size_t first,
                       size_t end)
{
    static const char *const titles[] = {""};
    struct text_table table = {
        .region = &report->region, .titles = titles, .number_count = 1, .left = true};
    struct stack_walk walk = {.node = stack};
    struct region before = report->region;
    for (size_t i = 0; i < end; i++) {
        const struct frame *frame = stack_walk_next(report->profile, &walk);
        if (i >= first)
            put_frame(report, &table, indent - 2, frame);
    }
    text_table_print(&table, report->out, "", "");
    region_rewind(&report->region, &before);
}

// How many frames of the runtime there are inside the user's.
static size_t runtime_depth(struct text_report *report, uint32_t stack, size_t depth)
{
    struct stack_walk walk = {.node = stack};
    for (size_t i = 0; i < depth; i++) {
        const struct frame *frame = stack_walk_next(report->profile, &walk);
        if (!frame->runtime && !frame->marker)
            return i;
    }
    return 0;
}

void text_put_user_frames(struct text_report *report, uint32_t stack, size_t indent, size_t most)
{
    size_t depth = stack_depth(report, stack);
    size_t first = runtime_depth(report, stack, depth);
    size_t end = depth - first <= most + 1 ? depth : first + most;
    put_frames(report, stack, indent, first, end);
    if (depth > end)
        fprintf(report->out, "%*s… %zu more frames\n", (int)indent, "", depth - end);
}

void text_put_stack(struct text_report *report, uint32_t stack, const char *title)
{
    size_t depth = stack_depth(report, stack);
    size_t most = depth <= STACK_FRAMES_MAX + 1 ? depth : STACK_FRAMES_MAX;
    fprintf(report->out, "    %s\n", title);
    put_frames(report, stack, 6, 0, most);
    if (depth > most)
        fprintf(report->out, "      … %zu more frames\n", depth - most);
}

void text_put_more(struct text_report *report, size_t left_out, const char *what)
{
    if (left_out)
        fprintf(report->out, "  … %s more%s: -n 0 shows all\n", unit_count((int64_t)left_out).text,
                what);
}

// --- the report

static void choose_amounts(struct text_report *report)
{
    const struct render_options *options = report->options;
    report->rows = ROWS_USUAL;
    report->stacks = STACKS_USUAL;
    if (options->rows != ROWS_DEFAULT)
        report->rows = report->stacks = options->rows == 0 ? SIZE_MAX : (size_t)options->rows;
    else if (strcmp(options->view->name, "all") != 0)
        report->stacks = (size_t)2 * STACKS_USUAL;
}

// What is wrong comes first.
static void put_heap_tables(struct text_report *report, unsigned tables)
{
    if (report->profile->header.heap_mode == PROFILE_HEAP_OFF)
        return;
    text_put_leaks(report, tables);
    if (tables & TABLE_HEAP_MISUSE)
        text_put_heap_misuses(report);
    if (report->options->view->tables & TABLES_HEAP)
        text_put_heap(report, tables);
    else if (tables & TABLES_LEAKS)
        text_put_suppressions(report);
}

static void put_lock_tables(struct text_report *report, unsigned tables)
{
    if (tables & TABLE_LOCKS)
        text_put_locks(report);
    if (tables & TABLE_HOLDERS)
        text_put_lock_holders(report);
    if (tables & TABLE_ORDER)
        text_put_order(report);
    if (tables & TABLE_MISUSE)
        text_put_misuses(report);
}

static void init(struct text_report *report, struct profile *profile,
                 const struct render_options *options, FILE *out)
{
    *report = (struct text_report){
        .profile = profile,
        .options = options,
        .out = out,
        .bold = options->colour ? "\033[1m" : "",
        .alarm = options->colour ? "\033[1;31m" : "",
        .plain = options->colour ? "\033[0m" : "",
        .about = profile_is_sampled(profile) ? "~" : "",
    };
    choose_amounts(report);
}

int render_deadlock(struct profile *profile, const struct render_options *options, uint32_t number,
                    FILE *out)
{
    struct text_report report;
    init(&report, profile, options, out);
    int error = -ENOENT;
    for (size_t i = 0; i < profile->order_count && error; i++) {
        const struct order_cycle *cycle = &profile->order[i];
        if (cycle->kind != ORDER_DEADLOCK || cycle->number != number)
            continue;
        text_put_deadlock_heading(&report, cycle);
        text_put_deadlock(&report, cycle);
        error = report.failed ? -ENOMEM : 0;
    }
    region_release(&report.region);
    return error;
}

int render_summary(struct profile *profile, const struct render_options *options, FILE *out)
{
    struct text_report report;
    init(&report, profile, options, out);
    report.fields = true;
    int error = heap_rows_init(&report.heap, profile);
    if (!error)
        text_put_summary(&report);
    region_release(&report.region);
    return error || report.failed ? -ENOMEM : 0;
}

int render_text(struct profile *profile, const struct render_options *options, FILE *out)
{
    struct text_report report;
    unsigned tables = options->view->tables;
    init(&report, profile, options, out);
    int error = heap_rows_init(&report.heap, profile);
    if (!error) {
        text_put_summary(&report);
        if ((tables & TABLE_ORDER) && profile->header.locks_on)
            text_put_deadlocks(&report);
        put_heap_tables(&report, tables);
        if (profile->header.locks_on)
            put_lock_tables(&report, tables);
        if ((tables & TABLE_THREAD_CREATE) && profile->header.threads_on)
            text_put_thread_places(&report);
        if ((tables & TABLE_THREADS) && profile->header.threads_on)
            text_put_threads(&report);
        if (tables == TABLE_TIMELINE) // in a report of everything a line says it
            text_put_timeline(&report);
    }
    region_release(&report.region);
    return error || report.failed ? -ENOMEM : 0;
}
