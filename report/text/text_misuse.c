// SPDX-License-Identifier: MIT
//
// text_misuse.c - what the program did with locks that it must not: by kind, lock and place.
#include "report/model/units.h"
#include "report/text/text_report.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *other_stack_words(uint32_t kind)
{
    return kind == PROFILE_MISUSE_FREED            ? "freed in"
           : kind == PROFILE_MISUSE_DESTROY_WAITED ? "waited in"
                                                   : "acquired in";
}

static void put_misuse_place(struct text_report *report, struct text_table *table,
                             const char *words, uint32_t stack)
{
    struct text_row *row = text_table_row(table);
    report->failed |= !row;
    if (!row)
        return;
    const struct place *place = stack_user_frame(report->profile, stack)->place;
    row->cells[0] = text_format(report, "  %s %s", words, place_name(report, place));
    row->cells[1] = place_where(report, place);
}

// Misuses of one kind and lock in one place.
struct misuse_row {
    const struct lock_misuse *first;
    const struct place *place;
    int64_t count;
};

static int compare_misuse_places(const void *left, const void *right)
{
    const struct misuse_row *a = left, *b = right;
    uint32_t kind_a = a->first->record.kind, kind_b = b->first->record.kind;
    if (kind_a != kind_b)
        return kind_a < kind_b ? -1 : 1;
    if (a->first->lock != b->first->lock)
        return a->first->lock < b->first->lock ? -1 : 1;
    return (a->place->number > b->place->number) - (a->place->number < b->place->number);
}

static int compare_misuse_counts(const void *left, const void *right)
{
    const struct misuse_row *a = left, *b = right;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return compare_misuse_places(left, right);
}

static size_t misuse_rows(struct text_report *report, struct misuse_row *ret_rows)
{
    const struct profile *profile = report->profile;
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < profile->misuse_count; i++) {
        const struct lock_misuse *misuse = &profile->misuses[i];
        if (misuse->hidden || misuse->suppressed)
            continue;
        ret_rows[count++] = (struct misuse_row){
            .first = misuse,
            .place = stack_user_frame(report->profile, misuse->record.stack)->place,
            .count = (int64_t)misuse->record.count,
        };
    }
    qsort(ret_rows, count, sizeof(*ret_rows), compare_misuse_places);
    for (size_t i = 0; i < count; i++) {
        if (kept && compare_misuse_places(&ret_rows[kept - 1], &ret_rows[i]) == 0)
            ret_rows[kept - 1].count += ret_rows[i].count;
        else
            ret_rows[kept++] = ret_rows[i];
    }
    qsort(ret_rows, kept, sizeof(*ret_rows), compare_misuse_counts);
    return kept;
}

static void put_misuse(struct text_report *report, struct text_table *table,
                       const struct misuse_row *misuse)
{
    const struct profile_lock_misuse *record = &misuse->first->record;
    struct text_row *row = text_table_row(table);
    report->failed |= !row;
    if (!row)
        return;
    row->cells[0] = misuse_kind_name(record->kind);
    row->cells[1] = lock_and_kind(report, misuse->first->lock);
    row->cells[2] = text_format(report, "%s", unit_count(misuse->count).text);
    row->cells[3] = text_format(report, "%" PRIu32, record->thread);
    row->cells[4] = record->owner ? text_format(report, "%" PRIu32, record->owner) : "-";
    bool holding = record->kind == PROFILE_MISUSE_EXIT_HOLDING;
    if (record->stack)
        put_misuse_place(report, table, holding ? "acquired in" : "in", record->stack);
    if (record->other_stack)
        put_misuse_place(report, table, other_stack_words(record->kind), record->other_stack);
}

void text_put_misuses(struct text_report *report)
{
    static const char *const titles[] = {"times", "thread", "owner"};
    struct misuse_row *rows =
        region_array(&report->region, report->profile->misuse_count + 1, sizeof(*rows));
    report->failed |= !rows;
    size_t count = rows ? misuse_rows(report, rows) : 0;
    if (count == 0)
        return;
    struct text_table table = {
        .region = &report->region,
        .heading = "MISUSE",
        .subject = "of locks",
        .titles = titles,
        .number_count = 3,
    };
    size_t shown = count < report->rows ? count : report->rows;
    for (size_t i = 0; i < shown; i++)
        put_misuse(report, &table, &rows[i]);
    fputc('\n', report->out);
    text_table_print(&table, report->out, report->bold, report->plain);
    text_put_more(report, count - shown, "");
}
