// SPDX-License-Identifier: MIT
//
// text_lock_summary.c - the lines of the summary about locks and threads' waits: deadlocks first,
// then what was waited for, with contention and without, what could deadlock, what was done wrong,
// what was not seen.
#include "report/model/lock_places.h"
#include "report/model/units.h"
#include "report/text/lock_rows.h"
#include "report/text/text_report.h"

#include <string.h>

// What is worth a '!'.
#define WAIT_MIN_NS 1000000 // of waiting for locks,
#define WAIT_SHARE_MIN 0.01 // and of the run

#define DEADLOCK_END_NS 50000000
#define OTHER_WAIT_SHARE_MIN                                                                       \
    0.1 // of the run: below, waits for conditions are said if they are
        // more than those for locks

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

// What is suppressed does not count.
static size_t count_kind(const struct profile *profile, enum order_kind kind,
                         const struct order_cycle **ret_first)
{
    size_t count = 0;
    for (size_t i = 0; i < profile->order_count; i++)
        if (profile->order[i].kind == kind && !profile->order[i].suppressed && count++ == 0)
            *ret_first = &profile->order[i];
    return count;
}

// --- deadlocks

static const char *place_of_stack(struct text_report *report, const struct lock *lock,
                                  uint32_t stack)
{
    report->failed |= lock_places_find(report->profile) != 0;
    if (report->failed)
        return "";
    return place_phrase(report, lock_user_place(report->profile, lock, stack));
}

// Where a thread of a circle waits, or waited.
static const char *place_of_edge(struct text_report *report, const struct order_cycle *cycle,
                                 size_t edge)
{
    const struct lock *lock = cycle->locks[cycle->edges[edge].to];
    return place_of_stack(report, lock, cycle->edges[edge].stack_to);
}

// Some runtimes end a thread that holds the lock the last one sleeps on, and then the process.
static bool is_at_the_end(const struct profile *profile, const struct order_cycle *cycle)
{
    const struct profile_header *header = &profile->header;
    return strcmp(cycle->why, "orphan") == 0 && profile->state == STATE_EXITED &&
           header->end_ns >= cycle->time_ns && header->end_ns - cycle->time_ns <= DEADLOCK_END_NS;
}

void text_put_deadlock_line(struct text_report *report)
{
    const struct profile *profile = report->profile;
    const struct order_cycle *first = NULL;
    size_t count = count_kind(profile, ORDER_DEADLOCK, &first);
    if (count == 0 || !profile->header.locks_on)
        return;
    const char *others =
        count == 1 ? ""
                   : text_format(report, "; %zu more deadlock%s", count - 1, plural(count - 1));
    const char *when = is_at_the_end(profile, first) ? ", at the very end of the run" : "";
    text_put_line(report, "deadlock", true,
                  text_format(report, "%s, for %s in %s%s%s", deadlock_words(report, first),
                              cycle_lock_words(report, first), place_of_edge(report, first, 0),
                              when, others));
}

// --- waits

static const char *worst_place(struct text_report *report, const struct lock_row *row)
{
    const struct wait_rows *holders = &row->holders, *waits = &row->waits;
    const struct wait_rows *known = holders->count ? holders : waits;
    if (known->count == 0)
        return "";
    return text_format(
        report, ", %s of it %s %s", unit_share(known->rows[0].wait_ns, row->wait_ns).text,
        known == holders ? "behind" : "in", place_phrase(report, known->rows[0].place));
}

// Of the waits that are not suppressed.
static bool is_much(const struct profile *profile)
{
    int64_t wait_ns = 0;
    for (size_t i = 0; i < profile->lock_count; i++)
        if (!lock_is_idle_kind(profile->locks[i].kind) && !profile->locks[i].suppressed)
            wait_ns += profile->locks[i].wait_ns;
    return wait_ns >= WAIT_MIN_NS &&
           (double)wait_ns >= WAIT_SHARE_MIN * (double)profile->duration_ns;
}

static void put_waits(struct text_report *report, const struct lock_row *worst, bool is_only,
                      int64_t wait_ns, size_t waited_for)
{
    const char *waited = text_format(report, "%s", unit_ns(wait_ns).text);
    const char *name = lock_row_words(report, worst);
    const char *text =
        is_only
            ? text_format(report, "%s waited for %s%s", waited, name, worst_place(report, worst))
            : text_format(report, "%s waited for %s locks, %s for %s%s", waited,
                          unit_count((int64_t)waited_for).text, unit_ns(worst->wait_ns).text, name,
                          worst_place(report, worst));
    text_put_line(report, "locks", is_much(report->profile), text);
}

static void put_no_waits(struct text_report *report)
{
    const struct profile *profile = report->profile;
    int64_t acquisitions = 0, locks = 0, mutexes = 0;
    for (size_t i = 0; i < profile->lock_count; i++) {
        const struct lock *lock = &profile->locks[i];
        if (lock_is_idle_kind(lock->kind))
            continue;
        acquisitions += lock->acquisitions;
        locks++;
        mutexes += lock->kind == PROFILE_LOCK_MUTEX;
    }
    const char *noun =
        mutexes == locks ? (locks == 1 ? "mutex" : "mutexes") : (locks == 1 ? "lock" : "locks");
    bool deadlocked = profile->order_count && profile->order[0].kind == ORDER_DEADLOCK;
    const char *words = deadlocked ? "no wait has ended" : "nobody waited";
    text_put_line(report, "locks", false,
                  locks == 0
                      ? "none"
                      : text_format(report, "%s: %s acquisition%s of %s %s", words,
                                    unit_count(acquisitions).text, acquisitions == 1 ? "" : "s",
                                    unit_count(locks).text, noun));
}

// "3 conditions, 1 barrier and 2 joins", of those waited for.
static const char *waited_for_words(struct text_report *report, const struct lock_row *rows,
                                    size_t count)
{
    const char *text = "", *last = NULL;
    for (uint32_t kind = PROFILE_LOCK_KIND_IDLE; kind < PROFILE_LOCK_KIND_COUNT; kind++) {
        size_t locks = 0;
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < rows[i].lock_count; j++)
                locks += rows[i].locks[j]->kind == kind && rows[i].locks[j]->contentions != 0;
        if (locks == 0)
            continue;
        if (last)
            text = text_format(report, "%s%s%s", text, *text ? ", " : "", last);
        last = lock_count_words(report, kind, locks);
    }
    return !last ? "" : *text ? text_format(report, "%s and %s", text, last) : last;
}

// The place of the longest waits of all rows.
static const struct place *longest_place(struct text_report *report, const struct lock_row *rows,
                                         size_t count, int64_t *ret_wait_ns)
{
    size_t limit = profile_place_count(report->profile) + 1;
    int64_t *sums = region_array(&report->region, limit, sizeof(*sums));
    const struct place *longest = NULL;
    *ret_wait_ns = 0;
    report->failed |= !sums;
    for (size_t i = 0; sums && i < count; i++)
        for (size_t j = 0; j < rows[i].waits.count; j++) {
            const struct wait_row *wait = &rows[i].waits.rows[j];
            int64_t *sum = &sums[wait->place->number];
            *sum += wait->wait_ns;
            if (*sum > *ret_wait_ns) {
                *ret_wait_ns = *sum;
                longest = wait->place;
            }
        }
    return longest;
}

// Threads that have nothing to do make this large, so it is nothing wrong.
static void put_other_waits(struct text_report *report, int64_t contended_ns)
{
    struct lock_row *rows;
    size_t count;
    int64_t wait_ns = 0, longest_ns;
    report->failed |=
        lock_rows_make(report->profile, LOCKS_IDLE, false, SORT_WAIT, &rows, &count) != 0;
    if (report->failed)
        return;
    for (size_t i = 0; i < count; i++)
        wait_ns += rows[i].wait_ns;
    if (count == 0 ||
        (wait_ns <= contended_ns &&
         (double)wait_ns <= OTHER_WAIT_SHARE_MIN * (double)report->profile->duration_ns))
        return;
    const struct place *place = longest_place(report, rows, count, &longest_ns);
    const char *where = place ? text_format(report, ", %s of it in %s", unit_ns(longest_ns).text,
                                            place_phrase(report, place))
                              : "";
    text_put_line(report, "waits", false,
                  text_format(report, "%s in %s%s", unit_ns(wait_ns).text,
                              waited_for_words(report, rows, count), where));
}

static int64_t put_wait_line(struct text_report *report)
{
    const struct profile *profile = report->profile;
    int64_t wait_ns = 0;
    size_t waited_for = 0, count;
    struct lock_row *rows;
    for (size_t i = 0; i < profile->lock_count; i++) {
        if (lock_is_idle_kind(profile->locks[i].kind))
            continue;
        wait_ns += profile->locks[i].wait_ns;
        waited_for += profile->locks[i].contentions != 0;
    }
    if (waited_for == 0) {
        put_no_waits(report);
        return 0;
    }
    report->failed |=
        lock_rows_make(report->profile, LOCKS_CONTENDED, false, SORT_WAIT, &rows, &count) != 0;
    if (!report->failed && count)
        put_waits(report, &rows[0], count == 1, wait_ns, waited_for);
    return wait_ns;
}

// --- order and misuse

static void put_order_line(struct text_report *report)
{
    const struct order_cycle *first = NULL;
    size_t potential = count_kind(report->profile, ORDER_POTENTIAL, &first);
    if (potential == 0) {
        size_t others = count_kind(report->profile, ORDER_INCONSISTENCY, &first);
        if (others)
            text_put_line(report, "order", false,
                          text_format(report,
                                      "%zu circle%s of locks, which cannot deadlock as far as was "
                                      "seen: %s",
                                      others, plural(others), cycle_lock_words(report, first)));
        return;
    }
    const char *which = potential == 1
                            ? "potential deadlock of"
                            : text_format(report, "%zu potential deadlocks, one of", potential);
    text_put_line(report, "order", true,
                  text_format(report, "%s %s, taken in %s and %s", which,
                              cycle_lock_words(report, first), place_of_edge(report, first, 0),
                              place_of_edge(report, first, 1)));
}

static void put_misuse_line(struct text_report *report)
{
    const struct profile *profile = report->profile;
    const struct lock_misuse *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < profile->misuse_count; i++)
        if (!profile->misuses[i].suppressed && count++ == 0)
            first = &profile->misuses[i];
    if (!first)
        return;
    size_t more = count - 1;
    text_put_line(report, "misuse", true,
                  text_format(report, "%s: %s in %s, %s time%s%s",
                              misuse_kind_name(first->record.kind), lock_words(report, first->lock),
                              place_of_stack(report, first->lock, first->record.stack),
                              unit_count((int64_t)first->record.count).text,
                              first->record.count == 1 ? "" : "s",
                              more ? text_format(report, "; %zu more", more) : ""));
}

void text_put_lock_lines(struct text_report *report)
{
    if (!report->profile->header.locks_on) {
        text_put_line(report, "locks", false, "not recorded (GAIAPROF_LOCKS=on)");
        return;
    }
    put_other_waits(report, put_wait_line(report));
    put_order_line(report);
    put_misuse_line(report);
}

// One line; the JSON says it in full. Of a program with one thread and no locks nothing is missing.
void text_put_unseen_line(struct text_report *report)
{
    const struct profile *profile = report->profile;
    const struct profile_header *header = &profile->header;
    bool has_threads = profile->threads.created + profile->threads.adopted > 0;
    if (!header->locks_on || (!has_threads && profile->lock_count == 0))
        return;
    bool by_address = header->heap_mode != PROFILE_HEAP_EXACT || header->heap_bypassed;
    text_put_line(report, "unseen", header->locks_bypassed,
                  header->locks_bypassed
                      ? "mutexes: the program's own pthread_mutex_lock; waits in libc, inline "
                        "futexes"
                  : by_address ? "waits inside libc (stdio, malloc), inline futexes; heap locks "
                                 "known by address only"
                               : "waits inside libc itself (stdio, malloc), inline futex system "
                                 "calls");
}
