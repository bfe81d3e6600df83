// SPDX-License-Identifier: MIT
//
// text_lock_summary.c - the lines of the summary about locks and threads' waits: deadlocks first,
// then what was waited for, what could deadlock, what was done wrong, what was not seen.
#include "report/lock_rows.h"
#include "report/text_report.h"
#include "report/units.h"

#include <string.h>

// What is worth a '!'.
#define WAIT_MIN_NS 1000000 // of waiting for locks,
#define WAIT_SHARE_MIN 0.01 // and of the run

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

// --- deadlocks

static const char *place_of_stack(struct text_report *report, uint32_t stack)
{
    return place_phrase(report, stack_user_frame(report->profile, stack)->place);
}

void text_put_deadlock_line(struct text_report *report)
{
    const struct profile *profile = report->profile;
    size_t count = 0;
    while (count < profile->order_count && profile->order[count].kind == ORDER_DEADLOCK)
        count++;
    if (count == 0 || !profile->header.locks_on)
        return;
    const struct order_cycle *first = &profile->order[0];
    const char *others =
        count == 1 ? ""
                   : text_format(report, "; %zu more deadlock%s", count - 1, plural(count - 1));
    text_put_line(report, "deadlock", true,
                  text_format(report, "%s, for %s in %s%s", deadlock_words(report, first),
                              cycle_lock_words(report, first),
                              place_of_stack(report, first->edges[0].stack_to), others));
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

static void put_waits(struct text_report *report, const struct lock_row *worst, bool is_only,
                      int64_t wait_ns, size_t waited_for)
{
    bool wrong = wait_ns >= WAIT_MIN_NS &&
                 (double)wait_ns >= WAIT_SHARE_MIN * (double)report->profile->duration_ns;
    const char *waited = text_format(report, "%s", unit_ns(wait_ns).text);
    const char *name = lock_words(report, worst->locks[0]);
    const char *text =
        is_only
            ? text_format(report, "%s waited for %s%s", waited, name, worst_place(report, worst))
            : text_format(report, "%s waited for %s locks, %s for %s%s", waited,
                          unit_count((int64_t)waited_for).text, unit_ns(worst->wait_ns).text, name,
                          worst_place(report, worst));
    text_put_line(report, "locks", wrong, text);
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

static void put_wait_line(struct text_report *report)
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
        return;
    }
    report->failed |=
        lock_rows_make(report->profile, LOCKS_CONTENDED, false, SORT_WAIT, &rows, &count) != 0;
    if (!report->failed && count)
        put_waits(report, &rows[0], count == 1, wait_ns, waited_for);
}

// --- order and misuse

static size_t count_kind(const struct profile *profile, enum order_kind kind,
                         const struct order_cycle **ret_first)
{
    size_t count = 0;
    for (size_t i = 0; i < profile->order_count; i++)
        if (profile->order[i].kind == kind && count++ == 0)
            *ret_first = &profile->order[i];
    return count;
}

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
                              cycle_lock_words(report, first),
                              place_of_stack(report, first->edges[0].stack_to),
                              place_of_stack(report, first->edges[1].stack_to)));
}

static void put_misuse_line(struct text_report *report)
{
    const struct profile *profile = report->profile;
    if (profile->misuse_count == 0)
        return;
    const struct lock_misuse *first = &profile->misuses[0];
    size_t more = profile->misuse_count - 1;
    text_put_line(report, "misuse", true,
                  text_format(report, "%s: %s in %s, %s time%s%s",
                              misuse_kind_name(first->record.kind), lock_words(report, first->lock),
                              place_of_stack(report, first->record.stack),
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
    put_wait_line(report);
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
