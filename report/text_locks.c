// SPDX-License-Identifier: MIT
//
// text_locks.c - locks by time waited: who waited, who held them meanwhile; below them what threads
// waited for idly.
#include "report/lock_rows.h"
#include "report/text_report.h"
#include "report/units.h"

#include <inttypes.h>
#include <string.h>

#define PLACES_MAX 3
#define NAME_COLUMNS 40
#define PLACE_COLUMNS 36 // so that a line of a place fits
#define WHERE_COLUMNS 20

// Functions without their parameters, unlike in `name`.
const char *lock_words(struct text_report *report, const struct lock *lock)
{
    uint32_t stack = lock->kind == PROFILE_LOCK_JOIN ? lock->creation_stack : lock->block_stack;
    bool by_place = lock->in_block || lock->kind == PROFILE_LOCK_JOIN;
    const struct place *place =
        by_place && stack ? stack_user_frame(report->profile, stack)->place : NULL;
    if (!place || !place->function)
        return text_cut(&report->region,
                        text_or_empty(report, text_printable(&report->region, lock->name)),
                        NAME_COLUMNS);
    const char *function = text_cut(&report->region, place_name(report, place), NAME_COLUMNS - 8);
    return lock->in_block ? text_format(report, "%s+0x%" PRIx64, function, lock->block_offset)
                          : text_format(report, "join of %s", function);
}

// "(mutex)", "(5 mutexes)"; of locks that have no name, where they were made, too.
static const char *kind_words(struct text_report *report, const struct lock_row *row)
{
    const struct lock *lock = row->locks[0];
    const char *kind = lock_kind_name(lock->kind);
    const char *words = text_format(report, "(%s)", kind);
    if (row->lock_count > 1)
        words = text_format(report, "(%s %s%s)", unit_count((int64_t)row->lock_count).text, kind,
                            kind[strlen(kind) - 1] == 'x' ? "es" : "s");
    bool is_join = lock->kind == PROFILE_LOCK_JOIN, nameless = strncmp(lock->name, "0x", 2) == 0;
    if (lock->creation_stack == 0 || (!is_join && !nameless))
        return is_join ? "" : words;
    const struct place *place = stack_user_frame(report->profile, lock->creation_stack)->place;
    const char *where = place_where(report, place);
    return is_join ? where : text_format(report, "%s %s", words, where);
}

static const char *ns_cell(struct text_report *report, int64_t ns)
{
    return ns < 0 ? "-" : text_format(report, "%s", unit_ns(ns).text);
}

static const char *count_cell(struct text_report *report, int64_t count)
{
    return text_format(report, "%s", unit_count(count).text);
}

static struct text_row *new_row(struct text_report *report, struct text_table *table)
{
    struct text_row *row = text_table_row(table);
    report->failed |= !row;
    return row;
}

static bool is_selective(const struct text_report *report)
{
    const struct selection *selection = report->options->selection;
    return selection && (selection->focus || selection->ignore);
}

static size_t most_places(const struct text_report *report)
{
    return report->rows == SIZE_MAX ? SIZE_MAX : PLACES_MAX;
}

// How wide the places of one lock are.
struct place_widths {
    size_t name, where, ns, count;
};

static void widen(size_t *width, const char *text)
{
    if (text_columns(text) > *width)
        *width = text_columns(text);
}

static void measure_places(struct text_report *report, const struct wait_rows *places,
                           struct place_widths *widths)
{
    for (size_t i = 0; i < places->count && i < most_places(report); i++) {
        const struct wait_row *place = &places->rows[i];
        widen(&widths->name, place_name(report, place->place));
        widen(&widths->where, place_where(report, place->place));
        widen(&widths->ns, ns_cell(report, place->wait_ns));
        widen(&widths->count, count_cell(report, place->count));
    }
    if (widths->name > PLACE_COLUMNS)
        widths->name = PLACE_COLUMNS;
    if (widths->where > WHERE_COLUMNS)
        widths->where = WHERE_COLUMNS;
}

static const char *left(struct text_report *report, const char *text, size_t columns)
{
    text = text_cut(&report->region, text, columns);
    return text_or_empty(report, text_pad_right(&report->region, text, columns));
}

static const char *right(struct text_report *report, const char *text, size_t columns)
{
    return text_or_empty(report, text_pad_left(&report->region, text, columns));
}

// Lines below that of the lock, in columns of their own: its numbers leave names little room.
static void put_places(struct text_report *report, struct text_table *table, const char *verb,
                       const struct wait_rows *places, const struct place_widths *widths)
{
    for (size_t i = 0; i < places->count && i < most_places(report); i++) {
        struct text_row *row = new_row(report, table);
        if (!row)
            return;
        const struct wait_row *place = &places->rows[i];
        row->line = text_format(report, "  %s  %s  %s  %s  %s time%s", verb,
                                left(report, place_name(report, place->place), widths->name),
                                left(report, place_where(report, place->place), widths->where),
                                right(report, ns_cell(report, place->wait_ns), widths->ns),
                                right(report, count_cell(report, place->count), widths->count),
                                place->count == 1 ? "" : "s");
    }
}

static void put_place_stack(struct text_report *report, const struct wait_rows *places,
                            const char *words, const struct lock *lock)
{
    if (places->count == 0 || !stack_says_more(report, places->rows[0].worst_stack))
        return;
    fputc('\n', report->out);
    text_put_stack(report, places->rows[0].worst_stack,
                   text_format(report, "%s %s for %s:", words,
                               unit_ns(places->rows[0].worst_ns).text, lock_words(report, lock)));
}

// --- contended

enum { WAITED_MAX = 3, WAITED_P99, CONTENDED, ACQUIRED, HELD_MAX }; // cells

static void put_lock(struct text_report *report, struct text_table *table,
                     const struct lock_row *lock)
{
    struct text_row *row = new_row(report, table);
    if (!row)
        return;
    row->cells[0] = lock_words(report, lock->locks[0]);
    row->cells[1] = kind_words(report, lock);
    row->cells[2] = ns_cell(report, lock->wait_ns);
    row->cells[WAITED_MAX] = ns_cell(report, lock->wait_max_ns);
    row->cells[WAITED_P99] = ns_cell(report, lock->wait_p99_ns);
    row->cells[CONTENDED] = count_cell(report, lock->contentions);
    row->cells[ACQUIRED] = count_cell(report, lock->acquisitions);
    if (table->number_count == 6)
        row->cells[HELD_MAX] = lock->holds ? ns_cell(report, lock->hold_max_ns) : "-";
    struct place_widths widths = {0};
    measure_places(report, &lock->waits, &widths);
    measure_places(report, &lock->holders, &widths);
    put_places(report, table, "waiting", &lock->waits, &widths);
    put_places(report, table, "holding", &lock->holders, &widths);
}

// The rows of a table, or NULL where there is nothing to show; that is said where it was asked for.
static struct lock_row *begin_table(struct text_report *report, enum lock_class class,
                                    enum view_table table, const char *heading, size_t *ret_count)
{
    enum sort_by by = sort_for_table(report->options->sort, table);
    struct lock_row *rows = NULL;
    *ret_count = 0;
    report->failed |=
        lock_rows_make(report->profile, class, is_selective(report), by, &rows, ret_count) != 0;
    if (!report->failed && *ret_count > 0) {
        fputc('\n', report->out);
        return rows;
    }
    if (report->options->view->tables == table && class == LOCKS_CONTENDED)
        fprintf(report->out, "\n%s%s%s  nobody waited\n", report->bold, heading, report->plain);
    return NULL;
}

static const char *sort_words(struct text_report *report, enum view_table table)
{
    bool by_count = sort_for_table(report->options->sort, table) == SORT_COUNT;
    return by_count ? "by contentions" : "by time waited";
}

// Then its stack would say nothing new.
static bool holder_is_waiter(const struct lock_row *row)
{
    if (row->waits.count == 0 || row->holders.count == 0)
        return false;
    const char *waiter = row->waits.rows[0].place->function;
    const char *holder = row->holders.rows[0].place->function;
    return waiter && holder && strcmp(waiter, holder) == 0;
}

static void put_contended(struct text_report *report)
{
    static const char *const titles[] = {"waited",    "max",         "p99",
                                         "contended", "of acquired", "held max"};
    size_t count;
    struct lock_row *rows = begin_table(report, LOCKS_CONTENDED, TABLE_LOCKS, "LOCKS", &count);
    if (!rows)
        return;
    struct text_table table = {
        .region = &report->region,
        .heading = "LOCKS",
        .subject = sort_words(report, TABLE_LOCKS),
        .titles = titles,
        .number_count = report->profile->header.hold_mode == PROFILE_HOLD_OFF ? 5 : 6,
    };
    size_t shown = count < report->rows ? count : report->rows;
    for (size_t i = 0; i < shown; i++)
        put_lock(report, &table, &rows[i]);
    text_table_print(&table, report->out, report->bold, report->plain);
    text_put_more(report, count - shown, " locks that were waited for");
    for (size_t i = 0; i < shown && i < report->stacks; i++) {
        put_place_stack(report, &rows[i].waits, "waiting", rows[i].locks[0]);
        if (!holder_is_waiter(&rows[i]))
            put_place_stack(report, &rows[i].holders, "making others wait", rows[i].locks[0]);
    }
}

// --- idle

static void put_idle_row(struct text_report *report, struct text_table *table,
                         const struct lock_row *lock)
{
    struct text_row *row = new_row(report, table);
    if (!row)
        return;
    row->cells[0] = lock_words(report, lock->locks[0]);
    row->cells[1] = kind_words(report, lock);
    row->cells[2] = ns_cell(report, lock->wait_ns);
    row->cells[3] = ns_cell(report, lock->wait_max_ns);
    row->cells[4] = count_cell(report, lock->contentions);
    if (lock->locks[0]->kind == PROFILE_LOCK_CONDITION)
        row->cells[5] = ns_cell(report, lock->handoff_ns);
    struct place_widths widths = {0};
    measure_places(report, &lock->waits, &widths);
    put_places(report, table, "in", &lock->waits, &widths);
}

static void put_idle(struct text_report *report)
{
    static const char *const titles[] = {"idle", "max", "waits", "handoff"};
    size_t count;
    struct lock_row *rows = begin_table(report, LOCKS_IDLE, TABLE_LOCKS, "IDLE", &count);
    if (!rows)
        return;
    struct text_table table = {
        .region = &report->region,
        .heading = "IDLE",
        .subject = "with nothing to do yet, by time waited",
        .titles = titles,
        .number_count = 4,
    };
    size_t shown = count < report->rows ? count : report->rows;
    for (size_t i = 0; i < shown; i++)
        put_idle_row(report, &table, &rows[i]);
    text_table_print(&table, report->out, report->bold, report->plain);
    text_put_more(report, count - shown, "");
}

void text_put_locks(struct text_report *report)
{
    put_contended(report);
    put_idle(report);
}

// --- by holder

static void put_share(struct text_report *report, struct text_table *table, const char *name,
                      const char *where, const struct wait_row *figures, int64_t total_ns)
{
    struct text_row *row = new_row(report, table);
    if (!row)
        return;
    row->cells[0] = name;
    row->cells[1] = where;
    row->cells[2] = ns_cell(report, figures->wait_ns);
    row->cells[3] = text_format(report, "%s", unit_share(figures->wait_ns, total_ns).text);
    row->cells[4] = count_cell(report, figures->count);
}

static void put_holder(struct text_report *report, struct text_table *table,
                       const struct lock_row *lock, const struct wait_row *holder)
{
    struct wait_rows waiters;
    put_share(report, table, text_format(report, "  %s", place_name(report, holder->place)),
              place_where(report, holder->place), holder, lock->wait_ns);
    if (waiters_behind(report->profile, lock, holder->place, &waiters) != 0) {
        report->failed = true;
        return;
    }
    for (size_t i = 0; i < waiters.count && i < most_places(report); i++)
        put_share(
            report, table,
            text_format(report, "    behind it  %s", place_name(report, waiters.rows[i].place)),
            place_where(report, waiters.rows[i].place), &waiters.rows[i], lock->wait_ns);
}

static void put_holders(struct text_report *report, struct text_table *table,
                        const struct lock_row *lock)
{
    struct wait_row rest = {.count = lock->contentions, .wait_ns = lock->wait_ns};
    put_share(report, table, lock_words(report, lock->locks[0]), kind_words(report, lock), &rest,
              lock->wait_ns);
    for (size_t i = 0; i < lock->holders.count; i++) {
        rest.count -= lock->holders.rows[i].count;
        rest.wait_ns -= lock->holders.rows[i].wait_ns;
        if (i < most_places(report))
            put_holder(report, table, lock, &lock->holders.rows[i]);
    }
    if (rest.wait_ns > 0 && !is_selective(report))
        put_share(report, table, "  [holder not seen]", "", &rest, lock->wait_ns);
}

void text_put_lock_holders(struct text_report *report)
{
    static const char *const titles[] = {"waited", "share", "times"};
    size_t count;
    struct lock_row *rows = begin_table(report, LOCKS_CONTENDED, TABLE_HOLDERS, "HOLDERS", &count);
    if (!rows)
        return;
    struct text_table table = {
        .region = &report->region,
        .heading = "HOLDERS",
        .subject = "by time others waited",
        .titles = titles,
        .number_count = 3,
    };
    size_t shown = count < report->rows ? count : report->rows;
    for (size_t i = 0; i < shown; i++)
        put_holders(report, &table, &rows[i]);
    text_table_print(&table, report->out, report->bold, report->plain);
    text_put_more(report, count - shown, " locks that were waited for");
    for (size_t i = 0; i < shown && i < report->stacks; i++)
        put_place_stack(report, &rows[i].holders, "making others wait", rows[i].locks[0]);
}
