// SPDX-License-Identifier: MIT
//
// text_locks.c - locks by time waited: who waited, who held them meanwhile; below them what threads
// waited for that nobody holds.
#include "report/model/units.h"
#include "report/text/lock_rows.h"
#include "report/text/text_report.h"

#include <inttypes.h>
#include <string.h>

#define PLACES_MAX 3
#define WAITS_STACKS_MAX 2
#define NAME_COLUMNS 40
#define PLACE_COLUMNS 36 // so that a line of a place fits
#define WHERE_COLUMNS 20

// Functions without their parameters, unlike in `name`.
static const char *words(struct text_report *report, const struct lock *lock, bool of_array)
{
    const struct place *place = lock->block_place;
    if (lock->kind == PROFILE_LOCK_JOIN && lock->creation_stack)
        place = stack_user_frame(report->profile, lock->creation_stack)->place;
    if (!place || !place->function) {
        const char *name = of_array ? text_format(report, "%s[*]", lock->base) : lock->name;
        return text_cut(&report->region,
                        text_or_empty(report, text_printable(&report->region, name)), NAME_COLUMNS);
    }
    const char *function = text_cut(&report->region, place_name(report, place), NAME_COLUMNS - 8);
    return !lock->in_block ? text_format(report, "join of %s", function)
           : of_array      ? text_format(report, "%s[*]", function)
                           : text_format(report, "%s+0x%" PRIx64, function, lock->block_offset);
}

const char *lock_words(struct text_report *report, const struct lock *lock)
{
    return words(report, lock, false);
}

const char *lock_row_words(struct text_report *report, const struct lock_row *row)
{
    return words(report, row->locks[0], row->locks[0]->in_array);
}

// "(mutex)", "(5 mutexes)"; of a join where its threads were made, unless its name says the module.
static const char *kind_words(struct text_report *report, const struct lock_row *row)
{
    const struct lock *lock = row->locks[0];
    const char *kind = lock_kind_name(lock->kind);
    if (lock->kind == PROFILE_LOCK_JOIN && lock->creation_stack) {
        const struct place *place = stack_user_frame(report->profile, lock->creation_stack)->place;
        return place->function || !place->module ? place_where(report, place) : "";
    }
    if (lock->kind == PROFILE_LOCK_JOIN)
        return "";
    if (row->lock_count == 1)
        return text_format(report, "(%s)", kind);
    return text_format(report, "(%s)", lock_count_words(report, lock->kind, row->lock_count));
}

const char *lock_count_words(struct text_report *report, uint32_t kind, size_t count)
{
    const char *name = lock_kind_name(kind);
    return text_format(report, "%s %s%s", unit_count((int64_t)count).text, name,
                       count == 1                      ? ""
                       : name[strlen(name) - 1] == 'x' ? "es"
                                                       : "s");
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

// Where a lock was made, of one that its name does not tell that of. NULL: unknown.
struct maker {
    const struct place *place;
    const char *name, *verb;
};

static bool same_function(const struct place *a, const struct place *b)
{
    return a == b || (a->function && b->function && strcmp(a->function, b->function) == 0);
}

static struct maker maker_of(struct text_report *report, const struct lock *lock)
{
    bool nameless = !lock->base && strncmp(lock->name, "0x", 2) == 0;
    const struct place *named = lock->block_place;
    if (!lock->maker || lock->maker->marker || lock->kind == PROFILE_LOCK_JOIN ||
        (!nameless && !(lock->in_block && lock->initialised)))
        return (struct maker){0};
    const struct frame *wrapper = lock->maker_wrapper;
    wrapper = wrapper && wrapper->place->function ? wrapper : NULL;
    const struct place *place = lock->maker->place;
    if (named && same_function(place, named) && !wrapper)
        return (struct maker){0};
    const char *name = place_name(report, place);
    if (wrapper)
        name = text_format(
            report, "%s (by way of %s)", text_cut(&report->region, name, PLACE_COLUMNS),
            text_cut(&report->region, place_name(report, wrapper->place), WHERE_COLUMNS));
    return (struct maker){place, name, lock->initialised ? "made in" : "used in"};
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

// A wait that outlasted several holds counts for the last of them.
static const char *times_words(struct text_report *report, int64_t count, size_t columns)
{
    if (count == 0)
        return "in part";
    return text_format(report, "%s time%s", right(report, count_cell(report, count), columns),
                       count == 1 ? "" : "s");
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
        row->line = text_format(report, "  %s  %s  %s  %s  %s", verb,
                                left(report, place_name(report, place->place), widths->name),
                                left(report, place_where(report, place->place), widths->where),
                                right(report, ns_cell(report, place->wait_ns), widths->ns),
                                times_words(report, place->count, widths->count));
    }
}

static void put_maker(struct text_report *report, struct text_table *table, const struct lock *lock,
                      const struct place_widths *widths)
{
    struct maker maker = maker_of(report, lock);
    struct text_row *row = maker.place ? new_row(report, table) : NULL;
    if (!row)
        return;
    const char *name =
        text_or_empty(report, text_pad_right(&report->region, maker.name, widths->name));
    row->line =
        text_format(report, "  %s  %s  %s", maker.verb, name,
                    text_cut(&report->region, place_where(report, maker.place), WHERE_COLUMNS));
}

static void put_place_stack(struct text_report *report, const struct wait_rows *places,
                            const char *verb, const struct lock_row *lock)
{
    if (places->count == 0 || !stack_says_more(report, places->rows[0].worst_stack))
        return;
    fputc('\n', report->out);
    text_put_stack(report, places->rows[0].worst_stack,
                   text_format(report, "%s %s for %s:", verb,
                               unit_ns(places->rows[0].worst_ns).text,
                               lock_row_words(report, lock)));
}

// --- contended

enum { WAITED_MAX = 3, WAITED_P99, CONTENDED, ACQUIRED, HELD_MAX }; // cells

static void put_lock(struct text_report *report, struct text_table *table,
                     const struct lock_row *lock)
{
    struct text_row *row = new_row(report, table);
    if (!row)
        return;
    row->cells[0] = lock_row_words(report, lock);
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
    put_maker(report, table, lock->locks[0], &widths);
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
        put_place_stack(report, &rows[i].waits, "waiting", &rows[i]);
        if (!holder_is_waiter(&rows[i]))
            put_place_stack(report, &rows[i].holders, "making others wait", &rows[i]);
    }
}

// --- waits without contention

static void put_waited_row(struct text_report *report, struct text_table *table,
                           const struct lock_row *lock)
{
    struct text_row *row = new_row(report, table);
    if (!row)
        return;
    row->cells[0] = lock_row_words(report, lock);
    row->cells[1] = kind_words(report, lock);
    row->cells[2] = ns_cell(report, lock->wait_ns);
    row->cells[3] = ns_cell(report, lock->wait_max_ns);
    row->cells[4] = count_cell(report, lock->contentions);
    if (lock->locks[0]->kind == PROFILE_LOCK_CONDITION)
        row->cells[5] = ns_cell(report, lock->handoff_ns);
    struct place_widths widths = {0};
    measure_places(report, &lock->waits, &widths);
    put_maker(report, table, lock->locks[0], &widths);
    put_places(report, table, "waiting", &lock->waits, &widths);
}

static void put_waited(struct text_report *report)
{
    static const char *const titles[] = {"waited", "max", "waits", "handoff"};
    size_t count;
    struct lock_row *rows = begin_table(report, LOCKS_IDLE, TABLE_LOCKS, "WAITS", &count);
    if (!rows)
        return;
    struct text_table table = {
        .region = &report->region,
        .heading = "WAITS",
        .subject = "for conditions, barriers, joins, by time",
        .titles = titles,
        .number_count = 4,
    };
    size_t shown = count < report->rows ? count : report->rows;
    for (size_t i = 0; i < shown; i++)
        put_waited_row(report, &table, &rows[i]);
    text_table_print(&table, report->out, report->bold, report->plain);
    text_put_more(report, count - shown, "");
    size_t most = report->rows == SIZE_MAX ? shown : WAITS_STACKS_MAX;
    for (size_t i = 0; i < shown && i < report->stacks && i < most; i++)
        put_place_stack(report, &rows[i].waits, "waiting", &rows[i]);
}

void text_put_locks(struct text_report *report)
{
    put_contended(report);
    put_waited(report);
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
    row->cells[4] = figures->count ? count_cell(report, figures->count) : "-";
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
    put_share(report, table, lock_row_words(report, lock), kind_words(report, lock), &rest,
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
        put_place_stack(report, &rows[i].holders, "making others wait", &rows[i]);
}
