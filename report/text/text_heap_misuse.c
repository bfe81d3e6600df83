// SPDX-License-Identifier: MIT
//
// text_heap_misuse.c - blocks that were freed as they must not be: by kind and the two places.
#include "report/model/units.h"
#include "report/text/text_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// Misuses of one kind between two places.
struct misuse_row {
    const struct profile_heap_misuse *first;
    const struct place *allocated, *freed; // NULL: unknown
    int64_t count;
};

static const struct place *place_of(struct text_report *report, uint32_t stack)
{
    return stack ? stack_user_frame(report->profile, stack)->place : NULL;
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int64_t place_number(const struct place *place)
{
    return place ? (int64_t)place->number : -1;
}

static int compare_rows(const void *left, const void *right)
{
    const struct misuse_row *a = left, *b = right;
    int order = compare_numbers(a->first->kind, b->first->kind);
    if (!order)
        order = compare_numbers(a->first->allocated_by, b->first->allocated_by);
    if (!order)
        order = compare_numbers(a->first->freed_by, b->first->freed_by);
    if (!order)
        order = compare_numbers(place_number(a->freed), place_number(b->freed));
    return order ? order : compare_numbers(place_number(a->allocated), place_number(b->allocated));
}

static int compare_counts(const void *left, const void *right)
{
    const struct misuse_row *a = left, *b = right;
    return a->count != b->count ? compare_numbers(b->count, a->count) : compare_rows(left, right);
}

static size_t collect(struct text_report *report, struct misuse_row *ret_rows)
{
    const struct profile *profile = report->profile;
    size_t count = 0;
    for (size_t i = 0; i < profile->heap_misuse_count; i++) {
        const struct heap_misuse *misuse = &profile->heap_misuses[i];
        if (misuse->hidden || misuse->suppressed)
            continue;
        ret_rows[count++] = (struct misuse_row){
            .first = &misuse->record,
            .allocated = place_of(report, misuse->record.stack),
            .freed = place_of(report, misuse->record.free_stack),
            .count = (int64_t)misuse->record.count,
        };
    }
    return count;
}

// Most often first. NULL without memory.
static struct misuse_row *make_rows(struct text_report *report, size_t *ret_count)
{
    struct misuse_row *rows =
        region_array(&report->region, report->profile->heap_misuse_count + 1, sizeof(*rows));
    size_t count = rows ? collect(report, rows) : 0, kept = 0;
    report->failed |= !rows;
    *ret_count = 0;
    if (count == 0)
        return rows;
    qsort(rows, count, sizeof(*rows), compare_rows);
    for (size_t i = 0; i < count; i++) {
        if (kept && compare_rows(&rows[kept - 1], &rows[i]) == 0)
            rows[kept - 1].count += rows[i].count;
        else
            rows[kept++] = rows[i];
    }
    qsort(rows, kept, sizeof(*rows), compare_counts);
    *ret_count = kept;
    return rows;
}

// "allocated by new[], freed by delete"
static const char *what_words(struct text_report *report, const struct profile_heap_misuse *record)
{
    if (record->kind == PROFILE_HEAP_FREED_TWICE)
        return text_format(report, "freed twice, by %s", freed_by_name(record->freed_by));
    if (record->kind == PROFILE_HEAP_INTERIOR && record->bytes)
        return text_format(report, "%s of %s B at byte %s", freed_by_name(record->freed_by),
                           unit_count((int64_t)record->bytes).text,
                           unit_count((int64_t)record->offset).text);
    if (record->kind == PROFILE_HEAP_INTERIOR)
        return text_format(report, "%s at byte %s", freed_by_name(record->freed_by),
                           unit_count((int64_t)record->offset).text);
    return text_format(report, "%s, freed by %s", family_name(record->allocated_by),
                       freed_by_name(record->freed_by));
}

// --- the summary

static const char *summary_words(struct text_report *report, const struct misuse_row *row)
{
    const struct profile_heap_misuse *record = row->first;
    const char *blocks =
        text_format(report, "%s block%s", unit_count(row->count).text, row->count == 1 ? "" : "s");
    const char *verb = row->count == 1 ? "is" : "are";
    if (record->kind == PROFILE_HEAP_INTERIOR)
        return text_format(report, "%s %s freed %s bytes behind the beginning", blocks, verb,
                           unit_count((int64_t)record->offset).text);
    if (record->kind == PROFILE_HEAP_FREED_TWICE)
        return text_format(report, "%s %s freed twice", blocks, verb);
    return text_format(report, "%s allocated by %s %s freed by %s", blocks,
                       family_name(record->allocated_by), verb, freed_by_name(record->freed_by));
}

void text_put_heap_misuse_line(struct text_report *report)
{
    size_t count;
    struct misuse_row *rows = make_rows(report, &count);
    if (count == 0)
        return;
    const struct place *place = rows[0].freed ? rows[0].freed : rows[0].allocated;
    const char *where = place ? text_format(report, ", in %s", place_phrase(report, place)) : "";
    const char *more = count == 1 ? "" : text_format(report, "; %zu more", count - 1);
    text_put_line(report, "misuse", true,
                  text_format(report, "%s: %s%s%s", heap_misuse_name(rows[0].first->kind),
                              summary_words(report, &rows[0]), where, more));
}

// --- the table

static void put_place(struct text_report *report, struct text_table *table, const char *words,
                      const struct place *place)
{
    struct text_row *row = place ? text_table_row(table) : NULL;
    report->failed |= place && !row;
    if (!row)
        return;
    row->cells[0] = text_format(report, "  %s %s", words, place_name(report, place));
    row->cells[1] = place_where(report, place);
}

static void put_row(struct text_report *report, struct text_table *table,
                    const struct misuse_row *misuse)
{
    const struct profile_heap_misuse *record = misuse->first;
    struct text_row *row = text_table_row(table);
    report->failed |= !row;
    if (!row)
        return;
    int64_t time_ns = (int64_t)(record->time_ns - report->profile->header.start_ns);
    row->cells[0] = heap_misuse_name(record->kind);
    row->cells[1] = what_words(report, record);
    row->cells[2] = text_format(report, "%s", unit_count(misuse->count).text);
    row->cells[3] = text_format(report, "%" PRIu32, record->thread);
    row->cells[4] = text_format(report, "%s", unit_ns(time_ns).text);
    put_place(report, table, "allocated in", misuse->allocated);
    put_place(report, table, "freed in", misuse->freed);
}

static void put_stacks(struct text_report *report, const struct profile_heap_misuse *record)
{
    const char *name = heap_misuse_name(record->kind);
    if (record->free_stack && stack_says_more(report, record->free_stack)) {
        fputc('\n', report->out);
        text_put_stack(report, record->free_stack, text_format(report, "%s: freed in", name));
    }
    if (record->stack && stack_says_more(report, record->stack)) {
        fputc('\n', report->out);
        text_put_stack(report, record->stack, text_format(report, "%s: allocated in", name));
    }
}

void text_put_heap_misuses(struct text_report *report)
{
    static const char *const titles[] = {"times", "thread", "at"};
    size_t count;
    struct misuse_row *rows = make_rows(report, &count);
    if (count == 0)
        return;
    struct text_table table = {
        .region = &report->region,
        .heading = "MISUSE",
        .subject = "of the heap",
        .titles = titles,
        .number_count = 3,
    };
    size_t shown = count < report->rows ? count : report->rows;
    for (size_t i = 0; i < shown; i++)
        put_row(report, &table, &rows[i]);
    fputc('\n', report->out);
    text_table_print(&table, report->out, report->bold, report->plain);
    text_put_more(report, count - shown, "");
    bool whole = strcmp(report->options->view->name, "all") == 0;
    size_t stacks = whole && report->options->rows == ROWS_DEFAULT ? 1 : report->stacks;
    for (size_t i = 0; i < shown && i < stacks; i++)
        put_stacks(report, rows[i].first);
}
