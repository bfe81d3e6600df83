// SPDX-License-Identifier: MIT
//
// text_order.c - deadlocks, and locks that are taken in circles, with the stacks one needs to see
// to break them.
#include "report/model/units.h"
#include "report/text/text_report.h"

#include <inttypes.h>
#include <string.h>

#define DEADLOCK_FRAMES 12
#define ORDER_FRAMES 4
#define CYCLE_EDGES_MAX 6
#define THREAD_COLUMNS 30

// "thread 3 worker"
static const char *thread_words(struct text_report *report, uint32_t serial)
{
    const struct thread *thread = profile_thread(report->profile, serial);
    const char *name =
        thread ? text_or_empty(report, text_printable(&report->region, thread->record.name)) : "";
    if (serial == 0)
        return "an unknown thread";
    return text_format(report, "thread %" PRIu32 "%s%s", serial, *name ? " " : "",
                       text_cut(&report->region, name, THREAD_COLUMNS));
}

const char *lock_and_kind(struct text_report *report, const struct lock *lock)
{
    if (lock->kind == PROFILE_LOCK_JOIN)
        return text_format(report, "the %s", lock_words(report, lock));
    return text_format(report, "%s (%s)", lock_words(report, lock), lock_kind_name(lock->kind));
}

static const char *mode_words(const struct order_edge *edge)
{
    return edge->mode & PROFILE_ACQUIRE_READ ? " to read" : "";
}

static void put_text(struct text_report *report, size_t indent, const char *text)
{
    fprintf(report->out, "%*s", (int)indent, "");
    text_wrap(text, indent + 2, report->out);
}

// --- deadlocks

// "2 threads wait for each other"; `of` stands behind the threads.
static const char *verdict(struct text_report *report, const struct order_cycle *cycle,
                           const char *of)
{
    size_t count = cycle->edge_count;
    const char *who = count == 1 && !*of
                          ? thread_words(report, cycle->edges[0].thread)
                          : text_format(report, "%zu thread%s", count, count == 1 ? "" : "s");
    const char *what = strcmp(cycle->why, "orphan") == 0 ? "for a lock whose owner has ended"
                       : count == 1                      ? "for itself"
                                                         : "for each other";
    if (strcmp(cycle->why, "orphan") == 0 &&
        cycle->locks[cycle->edges[count - 1].to]->kind == PROFILE_LOCK_JOIN)
        what = "for a thread that has ended";
    return text_format(report, "%s%s wait%s %s", who, of, count == 1 ? "s" : "", what);
}

const char *deadlock_words(struct text_report *report, const struct order_cycle *cycle)
{
    return verdict(report, cycle, "");
}

void text_put_deadlock_heading(struct text_report *report, const struct order_cycle *cycle)
{
    const char *of = text_format(report, " of %s (pid %" PRIu32 ")", text_program_name(report),
                                 report->profile->header.pid);
    fprintf(report->out, "gaiaprof: deadlock: %s\n", verdict(report, cycle, of));
}

// Its owner has ended.
static bool is_orphaned(const struct order_cycle *cycle, const struct order_edge *edge)
{
    return strcmp(cycle->why, "orphan") == 0 && edge == &cycle->edges[cycle->edge_count - 1];
}

static const char *owner_words(struct text_report *report, const struct order_cycle *cycle,
                               const struct order_edge *edge)
{
    if (edge->owner == 0)
        return "";
    if (edge->owner == edge->thread)
        return ", which it holds itself";
    return text_format(report, ", held by %s%s", thread_words(report, edge->owner),
                       is_orphaned(cycle, edge) ? ", which has ended" : "");
}

static const char *waits_words(struct text_report *report, const struct order_cycle *cycle,
                               const struct order_edge *edge)
{
    const struct lock *to = cycle->locks[edge->to];
    if (to->kind == PROFILE_LOCK_JOIN)
        return edge->owner ? text_format(report, "to join %s", thread_words(report, edge->owner))
                           : "to join another";
    return text_format(report, "for %s%s%s", lock_and_kind(report, to), mode_words(edge),
                       owner_words(report, cycle, edge));
}

// A thread that is to be joined holds nothing by that.
static void put_held(struct text_report *report, const struct order_cycle *cycle,
                     const struct order_edge *edge)
{
    if (edge->from == ORDER_NO_LOCK || cycle->locks[edge->from]->kind == PROFILE_LOCK_JOIN)
        return;
    put_text(report, 4,
             text_format(report, "it holds %s%s", lock_and_kind(report, cycle->locks[edge->from]),
                         edge->stack_from ? ", acquired in" : ""));
    if (edge->stack_from)
        text_put_user_frames(report, edge->stack_from, 6, DEADLOCK_FRAMES);
}

static void put_link(struct text_report *report, const struct order_cycle *cycle,
                     const struct order_edge *edge)
{
    put_text(report, 2,
             text_format(report, "%s waits %s", thread_words(report, edge->thread),
                         waits_words(report, cycle, edge)));
    text_put_user_frames(report, edge->stack_to, 4, DEADLOCK_FRAMES);
    put_held(report, cycle, edge);
    if (!is_orphaned(cycle, edge) || !edge->owner_stack)
        return;
    put_text(report, 4,
             text_format(report, "%s acquired it in", thread_words(report, edge->owner)));
    text_put_user_frames(report, edge->owner_stack, 6, DEADLOCK_FRAMES);
}

void text_put_deadlock(struct text_report *report, const struct order_cycle *cycle)
{
    for (size_t i = 0; i < cycle->edge_count; i++)
        put_link(report, cycle, &cycle->edges[i]);
}

static bool is_shown(const struct order_cycle *cycle, bool deadlock)
{
    return !cycle->hidden && !cycle->suppressed && (cycle->kind == ORDER_DEADLOCK) == deadlock;
}

void text_put_deadlocks(struct text_report *report)
{
    const struct profile *profile = report->profile;
    size_t shown = 0, left_out = 0;
    for (size_t i = 0; i < profile->order_count; i++) {
        const struct order_cycle *cycle = &profile->order[i];
        if (!is_shown(cycle, true))
            continue;
        if (shown == report->rows) {
            left_out++;
            continue;
        }
        int64_t run_ns = (int64_t)(cycle->time_ns - profile->header.start_ns);
        fprintf(report->out, "\n%s%s%s  %s, at %s of the run\n", report->bold, "DEADLOCK",
                report->plain, deadlock_words(report, cycle), unit_ns(run_ns).text);
        text_put_deadlock(report, cycle);
        shown++;
    }
    text_put_more(report, left_out, " deadlocks");
}

// --- order

const char *cycle_lock_words(struct text_report *report, const struct order_cycle *cycle)
{
    const char *text = lock_words(report, cycle->locks[0]);
    size_t named = cycle->lock_count > 3 ? 2 : cycle->lock_count;
    for (size_t i = 1; i < named; i++)
        text = text_format(report, "%s%s%s", text, i + 1 == cycle->lock_count ? " and " : ", ",
                           lock_words(report, cycle->locks[i]));
    return named == cycle->lock_count
               ? text
               : text_format(report, "%s and %zu others", text, cycle->lock_count - named);
}

static const char *why_words(const struct order_cycle *cycle)
{
    if (!cycle->why)
        return "";
    return strcmp(cycle->why, "gate") == 0         ? ": another lock, held meanwhile, prevents it"
           : strcmp(cycle->why, "one thread") == 0 ? ": only one thread does it"
                                                   : ": readers do not wait for readers";
}

static void put_edge(struct text_report *report, const struct order_cycle *cycle,
                     const struct order_edge *edge)
{
    put_text(report, 4,
             text_format(report, "%s acquired %s%s in", thread_words(report, edge->thread),
                         lock_and_kind(report, cycle->locks[edge->to]), mode_words(edge)));
    text_put_user_frames(report, edge->stack_to, 6, ORDER_FRAMES);
    put_text(report, 6,
             text_format(report, "holding %s, acquired in",
                         lock_and_kind(report, cycle->locks[edge->from])));
    text_put_user_frames(report, edge->stack_from, 8, ORDER_FRAMES);
}

static void put_cycle(struct text_report *report, const struct order_cycle *cycle)
{
    size_t most = report->rows == SIZE_MAX ? SIZE_MAX : CYCLE_EDGES_MAX;
    put_text(report, 2,
             text_format(report, "%s of %s%s", order_kind_name(cycle->kind),
                         cycle_lock_words(report, cycle), why_words(cycle)));
    for (size_t i = 0; i < cycle->edge_count && i < most; i++)
        put_edge(report, cycle, &cycle->edges[i]);
    if (cycle->edge_count > most)
        fprintf(report->out, "    … %zu more locks\n", cycle->edge_count - most);
}

void text_put_order(struct text_report *report)
{
    const struct profile *profile = report->profile;
    size_t count = 0, most = report->stacks;
    for (size_t i = 0; i < profile->order_count; i++) {
        const struct order_cycle *cycle = &profile->order[i];
        if (!is_shown(cycle, false))
            continue;
        if (count++ == 0)
            fprintf(report->out, "\n%sORDER%s  locks taken in circles\n", report->bold,
                    report->plain);
        if (count <= most)
            put_cycle(report, cycle);
    }
    if (count > most)
        text_put_more(report, count - most, " circles");
    if (profile->order_count == 0 && strcmp(report->options->view->name, "order") == 0)
        fprintf(report->out, "\n%sORDER%s  no locks taken in circles, no deadlock\n", report->bold,
                report->plain);
}
