// SPDX-License-Identifier: MIT
//
// text_suppressions.c - what the user did not want to hear of: how much there was, by which
// patterns, and which patterns of files found nothing.
#include "report/model/units.h"
#include "report/text/text_report.h"

#include <string.h>

// --- the summary

static const char *join(struct text_report *report, const char *text, int64_t count,
                        const char *what)
{
    if (count == 0)
        return text;
    return text_format(report, "%s%s%s %s%s", text, *text ? ", " : "", unit_count(count).text, what,
                       count == 1 ? "" : "s");
}

// Of leaks their own lines say it.
void text_put_suppressed_note(struct text_report *report)
{
    const struct profile *profile = report->profile;
    int64_t frees = 0, locks = 0, misuses = 0, circles = 0;
    for (size_t i = 0; i < profile->heap_misuse_count; i++)
        frees += profile->heap_misuses[i].suppressed != NULL;
    for (size_t i = 0; i < profile->lock_count; i++)
        locks += profile->locks[i].suppressed != NULL;
    for (size_t i = 0; i < profile->misuse_count; i++)
        misuses += profile->misuses[i].suppressed != NULL;
    for (size_t i = 0; i < profile->order_count; i++)
        circles += profile->order[i].suppressed != NULL;
    const char *text = join(report, "", frees, "wrong free");
    text = join(report, text, profile->threads.suppressed_leaked, "leaked thread");
    text = join(report, text, profile->threads.suppressed_running, "running thread");
    text = join(report, text, locks, "contended lock");
    text = join(report, text, misuses, "misused lock");
    text = join(report, text, circles, "circle");
    if (*text)
        text_put_line(report, "note", false, text_format(report, "suppressed: %s", text));
}

// --- the table

static void put_row(struct text_report *report, struct text_table *table,
                    const struct suppression *suppression)
{
    struct text_row *row = text_table_row(table);
    report->failed |= !row;
    if (!row)
        return;
    const char *pattern =
        text_or_empty(report, text_printable(&report->region, suppression->pattern));
    const char *file = suppression->file ? suppression->file : "";
    file = text_or_empty(report, text_printable(&report->region, file));
    row->cells[0] = text_format(report, "%s:%s", suppression_kind_name(suppression->kind), pattern);
    row->cells[1] = *file ? text_format(report, "%s:%u", file, suppression->line) : "built in";
    bool used = suppression->used_count != 0, counts = suppression->blocks != 0;
    row->cells[2] =
        used ? text_format(report, "%s", unit_count(suppression->used_count).text) : "unused";
    row->cells[3] = counts ? text_format(report, "%s", unit_count(suppression->blocks).text) : "";
    row->cells[4] = counts ? text_format(report, "%s", unit_bytes(suppression->bytes).text) : "";
}

// Those that were used first. Of what is built in, only these.
void text_put_suppressions(struct text_report *report)
{
    static const char *const titles[] = {"used", "blocks", "bytes"};
    const struct suppressions *suppressions = report->options->suppressions;
    struct text_table table = {
        .region = &report->region,
        .heading = "SUPPRESSIONS",
        .titles = titles,
        .number_count = 3,
    };
    for (size_t i = 0; suppressions && i < suppressions->count; i++)
        if (suppressions->list[i].used_count)
            put_row(report, &table, &suppressions->list[i]);
    for (size_t i = 0; suppressions && i < suppressions->count; i++)
        if (!suppressions->list[i].used_count && suppressions->list[i].file)
            put_row(report, &table, &suppressions->list[i]);
    if (table.row_count == 0)
        return;
    fputc('\n', report->out);
    text_table_print(&table, report->out, report->bold, report->plain);
}
