// SPDX-License-Identifier: MIT
//
// text_locks.c - locks by time waited, with the places that waited.
#include "report/text_report.h"
#include "report/units.h"

#include <stdlib.h>

#define PLACES_MAX 3

struct lock_row {
    const struct lock *lock;
    struct wait_row *waits;
    size_t wait_count;
    int64_t count, wait_ns; // of what is shown
};

static int compare_rows(const void *left, const void *right, void *by)
{
    const struct lock_row *a = left, *b = right;
    bool by_count = *(enum sort_by *)by == SORT_COUNT;
    int64_t value_a = by_count ? a->count : a->wait_ns, value_b = by_count ? b->count : b->wait_ns;
    if (value_a != value_b)
        return value_a < value_b ? 1 : -1;
    return (a->lock->id > b->lock->id) - (a->lock->id < b->lock->id);
}

static bool is_selective(const struct text_report *report)
{
    const struct selection *selection = report->options->selection;
    return selection && (selection->focus || selection->ignore);
}

// False if there is nothing to show of this lock. Without a selection the lock's own figures
// count: they are there even where a waiting stack could not be recorded.
static bool fill_row(struct text_report *report, const struct lock *lock, struct lock_row *row)
{
    *row = (struct lock_row){.lock = lock, .count = lock->contentions, .wait_ns = lock->wait_ns};
    report->failed |= wait_rows_make(report->profile, lock, &row->waits, &row->wait_count) != 0;
    if (is_selective(report)) {
        row->count = row->wait_ns = 0;
        for (size_t i = 0; i < row->wait_count; i++) {
            row->count += row->waits[i].count;
            row->wait_ns += row->waits[i].wait_ns;
        }
    }
    return row->count != 0;
}

static void put_cells(struct text_report *report, struct text_row *row, const struct lock_row *lock)
{
    const char *name = text_printable(&report->region, lock->lock->name);
    row->cells[0] = text_or_empty(report, name);
    row->cells[1] = text_format(report, "(%s)", lock_kind_name(lock->lock->kind));
    row->cells[2] = text_format(report, "%s", unit_ns(lock->wait_ns).text);
    row->cells[3] = text_format(report, "%s", unit_ns(lock->lock->wait_max_ns).text);
    row->cells[4] = text_format(report, "%s", unit_count(lock->count).text);
    row->cells[5] = text_format(report, "%s", unit_count(lock->lock->acquisitions).text);
}

static void put_waits(struct text_report *report, struct text_table *table,
                      const struct lock_row *lock)
{
    size_t most = report->rows == SIZE_MAX ? SIZE_MAX : PLACES_MAX;
    for (size_t i = 0; i < lock->wait_count && i < most; i++) {
        struct text_row *row = text_table_row(table);
        report->failed |= !row;
        if (!row)
            return;
        row->cells[0] = text_format(report, "  in %s", place_name(report, lock->waits[i].place));
        row->cells[1] = place_where(report, lock->waits[i].place);
        row->cells[2] = text_format(report, "%s", unit_ns(lock->waits[i].wait_ns).text);
        row->cells[4] = text_format(report, "%s", unit_count(lock->waits[i].count).text);
    }
}

static void put_stacks(struct text_report *report, const struct lock_row *rows, size_t count)
{
    for (size_t i = 0; i < count && i < report->stacks; i++) {
        if (rows[i].wait_count == 0 || !stack_says_more(report, rows[i].waits[0].worst_stack))
            continue;
        const struct wait_row *wait = &rows[i].waits[0];
        const char *name = text_printable(&report->region, rows[i].lock->name);
        name = text_cut(&report->region, text_or_empty(report, name), 40);
        fputc('\n', report->out);
        text_put_stack(
            report, wait->worst_stack,
            text_format(report, "waiting %s for %s:", unit_ns(wait->worst_ns).text, name));
    }
}

static void put_table(struct text_report *report, const struct lock_row *rows, size_t count,
                      enum sort_by by)
{
    static const char *const titles[] = {"waited", "max", "contended", "of acquired"};
    struct text_table table = {
        .region = &report->region,
        .heading = "LOCKS",
        .subject = by == SORT_COUNT ? "by contentions" : "by time waited",
        .titles = titles,
        .number_count = 4,
    };
    for (size_t i = 0; i < count; i++) {
        struct text_row *row = text_table_row(&table);
        report->failed |= !row;
        if (!row)
            return;
        put_cells(report, row, &rows[i]);
        put_waits(report, &table, &rows[i]);
    }
    text_table_print(&table, report->out, report->bold, report->plain);
}

void text_put_locks(struct text_report *report)
{
    const struct profile *profile = report->profile;
    enum sort_by by = sort_for_table(report->options->sort, TABLE_LOCKS);
    struct lock_row *rows = region_array(&report->region, profile->lock_count + 1, sizeof(*rows));
    report->failed |= !rows;
    size_t count = 0;
    for (size_t i = 0; rows && i < profile->lock_count; i++)
        if (profile->locks[i].contentions)
            count += fill_row(report, &profile->locks[i], &rows[count]);
    if (count == 0) {
        if (report->options->view->tables == TABLE_LOCKS)
            fprintf(report->out, "\n%sLOCKS%s  nobody waited\n", report->bold, report->plain);
        return;
    }
    qsort_r(rows, count, sizeof(*rows), compare_rows, &by);
    size_t shown = count < report->rows ? count : report->rows;
    fputc('\n', report->out);
    put_table(report, rows, shown, by);
    text_put_more(report, count - shown, " locks that were waited for");
    put_stacks(report, rows, shown);
}
