// SPDX-License-Identifier: MIT
//
// text_leaks.c - what leaked: the lines of the summary, and a table for each class of live blocks,
// worst places first. What is suppressed is in no row.
#include "report/model/units.h"
#include "report/text/text_report.h"

#include <inttypes.h>
#include <string.h>

static const char *plural(int64_t count)
{
    return count == 1 ? "" : "s";
}

// "3 blocks, 120 B"
static const char *total_words(struct text_report *report, int64_t blocks, int64_t bytes)
{
    return text_format(report, "%s block%s, %s", unit_count(blocks).text, plural(blocks),
                       unit_bytes(bytes).text);
}

// --- the summary

// "from parse_header (http.c:88) and 1 other place"; "" where all of it is hidden.
static const char *places_words(struct text_report *report, enum sort_by by)
{
    struct leak_row *rows;
    size_t count, places = 0;
    report->failed |=
        leak_rows_make(report->profile, PROFILE_LEAK_DEFINITE, by, &rows, &count) != 0;
    if (report->failed || count == 0)
        return "";
    while (places < count && leak_row_value(&rows[places], by) != 0)
        places++;
    const char *first = place_phrase(report, rows[0].place);
    if (places <= 1)
        return text_format(report, ", from %s", first);
    return text_format(report, ", from %s and %zu other place%s", first, places - 1,
                       plural((int64_t)places - 1));
}

static bool is_definite(const struct leak *leak)
{
    return leak->class == PROFILE_LEAK_DEFINITE && !leak->suppressed;
}

// `by` SORT_GROWTH: what they grew by.
static struct leak_total sum_definite(const struct leaks *leaks, enum sort_by by, bool with_hidden)
{
    struct leak_total sum = {0};
    for (size_t i = 0; i < leaks->record_count; i++) {
        const struct leak *leak = &leaks->records[i];
        if (!is_definite(leak) || (leak->hidden && !with_hidden))
            continue;
        sum.blocks += by == SORT_GROWTH ? leak->grown_blocks : leak->blocks;
        sum.bytes += by == SORT_GROWTH ? leak->grown_bytes : leak->bytes;
    }
    return sum;
}

// Of what is selected the totals alone would tell nothing: "; shown: 1 block, 500 B, from ...".
static const char *shown_words(struct text_report *report, enum sort_by by)
{
    const struct leaks *leaks = &report->profile->leaks;
    struct leak_total all = sum_definite(leaks, by, true), shown = sum_definite(leaks, by, false);
    if (all.blocks == shown.blocks && all.bytes == shown.bytes)
        return places_words(report, by);
    if (shown.blocks == 0 && shown.bytes == 0)
        return "; none of it shown";
    return text_format(report, "; shown: %s%s", total_words(report, shown.blocks, shown.bytes),
                       places_words(report, by));
}

static int64_t patterns_used(const struct text_report *report)
{
    const struct suppressions *suppressions = report->options->suppressions;
    int64_t used = 0;
    for (size_t i = 0; suppressions && i < suppressions->count; i++)
        used += suppressions->list[i].blocks != 0;
    return used;
}

// What there is beside the definite ones.
static const char *others_words(struct text_report *report)
{
    const struct leaks *leaks = &report->profile->leaks;
    const struct leak_total *possible = &leaks->totals[PROFILE_LEAK_POSSIBLE];
    const struct leak_total *reachable = &leaks->totals[PROFILE_LEAK_REACHABLE];
    int64_t patterns = patterns_used(report);
    const char *text = "";
    if (possible->blocks)
        text = text_format(report, "%s block%s possible, %s", unit_count(possible->blocks).text,
                           plural(possible->blocks), unit_bytes(possible->bytes).text);
    if (reachable->blocks)
        text = text_format(report, "%s%s%s reachable, %s", text, *text ? "; " : "",
                           unit_count(reachable->blocks).text, unit_bytes(reachable->bytes).text);
    if (leaks->suppressed.blocks)
        text = text_format(report, "%s%s%s suppressed, %s", text, *text ? "; " : "",
                           unit_count(leaks->suppressed.blocks).text,
                           unit_bytes(leaks->suppressed.bytes).text);
    if (leaks->suppressed.blocks && patterns)
        text = text_format(report, "%s, by %s pattern%s", text, unit_count(patterns).text,
                           plural(patterns));
    return text;
}

static const char *lost_with_words(struct text_report *report)
{
    const struct leak_total *indirect = &report->profile->leaks.totals[PROFILE_LEAK_INDIRECT];
    if (indirect->blocks == 0)
        return "";
    return text_format(report, ", and %s lost with them", unit_bytes(indirect->bytes).text);
}

static void put_no_leaks(struct text_report *report)
{
    const struct leak_total *totals = report->profile->leaks.totals;
    const char *others = others_words(report);
    int64_t reachable = totals[PROFILE_LEAK_REACHABLE].blocks;
    bool all_reachable =
        totals[PROFILE_LEAK_POSSIBLE].blocks == 0 && report->profile->leaks.suppressed.blocks == 0;
    if (all_reachable && reachable > 1)
        others =
            text_format(report, "all %s live blocks are reachable", unit_count(reachable).text);
    else if (all_reachable)
        others = reachable ? "the only live block is reachable" : "nothing is live";
    text_put_line(report, "leaks", false,
                  text_format(report, "none%s: %s",
                              totals[PROFILE_LEAK_POSSIBLE].blocks ? " definite" : "", others));
}

static void put_growth(struct text_report *report)
{
    const struct leaks *leaks = &report->profile->leaks;
    const struct leak_total *definite = &leaks->totals[PROFILE_LEAK_DEFINITE];
    struct leak_total grown = sum_definite(leaks, SORT_GROWTH, true);
    const char *when = text_format(report, "%s", unit_ns(leaks->growth_ns).text);
    if (grown.blocks == 0 && grown.bytes == 0)
        text_put_line(report, "leaks", false, text_format(report, "no more within %s", when));
    else
        text_put_line(report, "leaks", true,
                      text_format(report, "%s more within %s%s",
                                  total_words(report, grown.blocks, grown.bytes), when,
                                  shown_words(report, SORT_GROWTH)));
    if (definite->blocks)
        text_put_line(report, "", false,
                      text_format(report, "%s definite in all%s",
                                  total_words(report, definite->blocks, definite->bytes),
                                  lost_with_words(report)));
}

static void put_definite(struct text_report *report)
{
    const struct leak_total *definite = &report->profile->leaks.totals[PROFILE_LEAK_DEFINITE];
    text_put_line(report, "leaks", true,
                  text_format(report, "%s%s%s",
                              total_words(report, definite->blocks, definite->bytes),
                              lost_with_words(report), shown_words(report, SORT_BYTES)));
}

void text_put_leak_lines(struct text_report *report)
{
    const struct leaks *leaks = &report->profile->leaks;
    if (report->profile->header.heap_mode == PROFILE_HEAP_OFF)
        return;
    if (!leaks->classified) {
        const char *why = text_or_empty(report, text_printable(&report->region, leaks->why));
        text_put_line(report, "leaks", false, text_format(report, "unclassified: %s", why));
        return;
    }
    if (leaks->has_growth)
        put_growth(report);
    else if (leaks->totals[PROFILE_LEAK_DEFINITE].blocks)
        put_definite(report);
    else {
        put_no_leaks(report);
        return;
    }
    const char *others = others_words(report);
    if (*others)
        text_put_line(report, "", false, others);
}

// --- tables

struct leak_table {
    uint32_t class;
    const char *heading, *subject;
};

static const struct leak_table definite_table = {PROFILE_LEAK_DEFINITE, "LEAKS", "definite"};
static const struct leak_table possible_table = {PROFILE_LEAK_POSSIBLE, "LEAKS",
                                                 "possible: only pointers into them"};
static const struct leak_table indirect_table = {PROFILE_LEAK_INDIRECT, "LOST WITH THEM",
                                                 "indirect"};
static const struct leak_table reachable_table = {PROFILE_LEAK_REACHABLE, "REACHABLE", NULL};

// Which columns a table has: those that say something.
struct leak_columns {
    bool grown, with_them, times;
};

static size_t set_titles(const struct leak_columns *columns, const char **titles)
{
    size_t count = 0;
    if (columns->grown) {
        titles[count++] = "grown";
        titles[count++] = "blocks";
    }
    titles[count++] = "bytes";
    titles[count++] = "blocks";
    if (columns->with_them)
        titles[count++] = "and with them";
    if (columns->times) {
        titles[count++] = "first at";
        titles[count++] = "last at";
    }
    return count;
}

static const char *time_cell(struct text_report *report, int64_t time_ns)
{
    return time_ns < 0    ? "-"
           : time_ns == 0 ? "0 s"
                          : text_format(report, "%s", unit_ns(time_ns).text);
}

static void fill_row(struct text_report *report, const struct leak_columns *columns,
                     const struct leak_row *row, const char **cells)
{
    if (columns->grown) {
        *cells++ = text_format(report, "%s", unit_bytes(row->grown_bytes).text);
        *cells++ = text_format(report, "%s", unit_count(row->grown_blocks).text);
    }
    *cells++ = text_format(report, "%s", unit_bytes(row->bytes).text);
    *cells++ = text_format(report, "%s", unit_count(row->blocks).text);
    if (columns->with_them)
        *cells++ = row->indirect_blocks
                       ? text_format(report, "%s", unit_bytes(row->indirect_bytes).text)
                       : "-";
    if (columns->times) {
        *cells++ = time_cell(report, row->first_ns);
        *cells++ = time_cell(report, row->last_ns);
    }
}

static const struct place **places_of(struct text_report *report, const struct leak_row *rows,
                                      size_t count)
{
    const struct place **places = region_array(&report->region, count + 1, sizeof(*places));
    report->failed |= !places;
    for (size_t i = 0; places && i < count; i++)
        places[i] = rows[i].place;
    return places;
}

static void put_rows(struct text_report *report, const struct leak_table *kind, const char *subject,
                     const struct leak_row *rows, size_t count)
{
    const char *titles[TEXT_TABLE_CELLS];
    struct leak_columns columns = {.grown = report->profile->leaks.has_growth};
    for (size_t i = 0; i < count; i++) {
        columns.with_them |= rows[i].indirect_blocks != 0;
        columns.times |= rows[i].first_ns >= 0;
    }
    struct text_table table = {
        .region = &report->region,
        .heading = kind->heading,
        .subject = subject,
        .titles = titles,
        .number_count = set_titles(&columns, titles),
    };
    const struct place **places = places_of(report, rows, count);
    for (size_t i = 0; places && i < count; i++) {
        struct text_row *row = text_table_row(&table);
        report->failed |= !row;
        if (!row)
            return;
        row->cells[0] = place_name(report, rows[i].place);
        row->cells[1] = place_where_among(report, rows[i].place, places, count);
        fill_row(report, &columns, &rows[i], &row->cells[TEXT_TABLE_NAMES]);
    }
    text_table_print(&table, report->out, report->bold, report->plain);
}

static const char *row_value_words(struct text_report *report, enum sort_by by, int64_t value)
{
    if (by == SORT_BLOCKS)
        return text_format(report, "%s block%s", unit_count(value).text, plural(value));
    return text_format(report, "%s", unit_bytes(value).text);
}

static void put_stack(struct text_report *report, enum sort_by by, const struct leak_row *row)
{
    const char *name = text_cut(&report->region, place_name(report, row->place), 40);
    const char *all = row_value_words(report, by, leak_row_value(row, by));
    const char *with_them = by == SORT_GROWTH      ? " more"
                            : row->indirect_blocks ? ", with what is lost with them"
                                                   : "";
    const char *title = text_format(report, "%s: %s%s", name, all, with_them);
    if (row->stacks > 1)
        title = text_format(report, "%s: %s of %s%s, and %s more stack%s", name,
                            row_value_words(report, by, row->worst_value), all, with_them,
                            unit_count((int64_t)row->stacks - 1).text,
                            plural((int64_t)row->stacks - 1));
    fputc('\n', report->out);
    text_put_stack(report, row->worst_stack, title);
}

static const char *order_words(struct text_report *report, enum sort_by by)
{
    const char *when = unit_ns(report->profile->leaks.growth_ns).text;
    return by == SORT_GROWTH   ? text_format(report, "by growth within %s", when)
           : by == SORT_BLOCKS ? "by blocks"
                               : "by bytes";
}

static bool is_whole_report(const struct text_report *report)
{
    return strcmp(report->options->view->name, "all") == 0;
}

// Returns whether there was anything to show.
static bool put_table(struct text_report *report, const struct leak_table *kind, bool with_stacks)
{
    enum sort_by by = sort_for_table(report->options->sort, TABLE_LEAKS);
    bool can_grow = report->profile->leaks.has_growth;
    if (!report->options->sort || (by == SORT_GROWTH && !can_grow))
        by = can_grow ? SORT_GROWTH : SORT_BYTES;
    struct leak_row *rows;
    size_t all, count = 0;
    report->failed |= leak_rows_make(report->profile, kind->class, by, &rows, &all) != 0;
    if (report->failed)
        return false;
    // blocks of 0 bytes are leaks, too; what did not grow is not asked for
    while (count < all &&
           (by != SORT_GROWTH || rows[count].grown_blocks != 0 || rows[count].grown_bytes != 0))
        count++;
    if (count == 0)
        return false;
    size_t shown = count < report->rows ? count : report->rows;
    const char *order = order_words(report, by);
    fputc('\n', report->out);
    put_rows(report, kind,
             kind->subject ? text_format(report, "%s, %s", kind->subject, order) : order, rows,
             shown);
    text_put_more(report, count - shown, "");
    for (size_t i = 0; with_stacks && i < shown && i < report->stacks; i++)
        if (stack_says_more(report, rows[i].worst_stack))
            put_stack(report, by, &rows[i]);
    return true;
}

static void put_reachable_line(struct text_report *report)
{
    const struct leak_total *reachable = &report->profile->leaks.totals[PROFILE_LEAK_REACHABLE];
    if (reachable->blocks)
        fprintf(report->out, "\n  %s reachable: -v reachable shows them\n",
                total_words(report, reachable->blocks, reachable->bytes));
}

// In the whole report the summary says the rest.
static void put_leaks(struct text_report *report)
{
    bool whole = is_whole_report(report);
    bool any = put_table(report, &definite_table, true);
    any |= put_table(report, &possible_table, !whole);
    if (whole)
        return;
    if (report->profile->leaks.totals[PROFILE_LEAK_INDIRECT].blocks)
        any |= put_table(report, &indirect_table, false);
    if (!any)
        fprintf(report->out, "\n%sLEAKS%s\n  nothing\n", report->bold, report->plain);
    put_reachable_line(report);
}

void text_put_leaks(struct text_report *report, unsigned tables)
{
    if (!report->profile->leaks.classified)
        return;
    if (tables & TABLE_LEAKS)
        put_leaks(report);
    if ((tables & TABLE_REACHABLE) && !put_table(report, &reachable_table, true))
        fprintf(report->out, "\n%sREACHABLE%s\n  nothing\n", report->bold, report->plain);
}
