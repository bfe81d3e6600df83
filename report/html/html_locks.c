// SPDX-License-Identifier: MIT
//
// html_locks.c - locks with who waited and who made them wait, circles and deadlocks, misuse.
#include "report/html/html_page.h"
#include "report/model/lock_places.h"

#define LOCKS_MAX 20000 // they come longest wait first; the others are counted

// --- locks

static void put_lock(struct html_page *page, const struct lock *lock)
{
    html_row(page);
    html_integer(page, NULL, lock->id);
    html_text(page, NULL, lock->name);
    html_text(page, NULL, lock_kind_name(lock->kind));
    html_integer(page, NULL, lock_is_idle_kind(lock->kind));
    html_integer(page, NULL, lock->acquisitions);
    html_integer(page, NULL, lock->contentions);
    html_integer(page, NULL, lock->wait_ns);
    html_integer(page, NULL, lock->contentions ? lock->wait_max_ns : -1);
    html_integer(page, NULL, lock->wait_p50_ns);
    html_integer(page, NULL, lock->wait_p99_ns);
    html_integer(page, NULL, lock->holds ? lock->hold_ns : -1);
    html_integer(page, NULL, lock->holds ? lock->hold_max_ns : -1);
    html_integer(page, NULL, lock->suppressed != NULL);
    html_integer(page, NULL, lock->initialised);
    html_stack(page, NULL, lock->creation_stack);
    html_row_end(page);
}

static size_t shown_locks(const struct profile *profile)
{
    return profile->lock_count < LOCKS_MAX ? profile->lock_count : LOCKS_MAX;
}

static void put_lock_table(struct html_page *page)
{
    const struct profile *profile = page->profile;
    html_table(page, "locks",
               "id name kind idle acquisitions contentions wait_ns wait_max_ns wait_p50_ns "
               "wait_p99_ns hold_ns hold_max_ns suppressed initialised stack");
    for (size_t i = 0; i < shown_locks(profile); i++)
        put_lock(page, &profile->locks[i]);
    html_table_end(page);
    html_integer(page, "locks_left_out", (int64_t)(profile->lock_count - shown_locks(profile)));
}

static void put_waits(struct html_page *page)
{
    html_table(page, "waiters", "lock place count wait_ns wait_max_ns timeouts stack");
    for (size_t i = 0; i < shown_locks(page->profile); i++) {
        const struct lock *lock = &page->profile->locks[i];
        for (size_t j = 0; j < lock->wait_count; j++) {
            const struct lock_wait *wait = &lock->waits[j];
            if (wait->hidden)
                continue;
            html_row(page);
            html_integer(page, NULL, (int64_t)i);
            html_integer(page, NULL, html_frame_number(page, wait->place));
            html_integer(page, NULL, wait->count);
            html_integer(page, NULL, wait->wait_ns);
            html_integer(page, NULL, wait->wait_max_ns);
            html_integer(page, NULL, wait->timeouts);
            html_stack(page, NULL, wait->stack);
            html_row_end(page);
        }
    }
    html_table_end(page);
}

static void put_holders(struct html_page *page)
{
    html_table(page, "holders", "lock place count wait_ns stack");
    for (size_t i = 0; i < shown_locks(page->profile); i++) {
        const struct lock *lock = &page->profile->locks[i];
        for (size_t j = 0; j < lock->holder_count; j++) {
            const struct lock_holder *holder = &lock->holders[j];
            if (holder->hidden)
                continue;
            html_row(page);
            html_integer(page, NULL, (int64_t)i);
            html_integer(page, NULL, html_frame_number(page, holder->place));
            html_integer(page, NULL, holder->count);
            html_integer(page, NULL, holder->wait_ns);
            html_stack(page, NULL, holder->stack);
            html_row_end(page);
        }
    }
    html_table_end(page);
}

static void put_lock_pairs(struct html_page *page, size_t number)
{
    const struct lock *lock = &page->profile->locks[number];
    for (size_t i = 0; i < lock->pair_count; i++) {
        const struct lock_pair *pair = &lock->pairs[i];
        const struct lock_wait *wait = &lock->waits[pair->waiter];
        const struct lock_holder *holder = &lock->holders[pair->holder];
        if (wait->hidden || holder->hidden)
            continue;
        html_row(page);
        html_integer(page, NULL, (int64_t)number);
        html_integer(page, NULL, html_frame_number(page, wait->place));
        html_integer(page, NULL, html_frame_number(page, holder->place));
        html_integer(page, NULL, pair->count);
        html_integer(page, NULL, pair->wait_ns);
        html_stack(page, NULL, wait->stack);
        html_stack(page, NULL, holder->stack);
        html_row_end(page);
    }
}

static void put_pairs(struct html_page *page)
{
    html_table(page, "pairs", "lock waiter holder count wait_ns waiter_stack holder_stack");
    for (size_t i = 0; i < shown_locks(page->profile); i++)
        put_lock_pairs(page, i);
    html_table_end(page);
}

// --- order

static void put_edge(struct html_page *page, const struct order_cycle *cycle,
                     const struct order_edge *edge)
{
    const char *from = edge->from < cycle->lock_count ? cycle->locks[edge->from]->name : NULL;
    const char *to = edge->to < cycle->lock_count ? cycle->locks[edge->to]->name : NULL;
    html_open(page, NULL, '{');
    html_text(page, "from", from);
    html_text(page, "to", to);
    html_integer(page, "thread", edge->thread);
    html_integer(page, "owner", edge->owner);
    html_stack(page, "stack_from", edge->stack_from);
    html_stack(page, "stack_to", edge->stack_to);
    html_stack(page, "owner_stack", edge->owner_stack);
    html_close(page, '}');
}

static void put_cycle(struct html_page *page, const struct order_cycle *cycle)
{
    html_open(page, NULL, '{');
    html_text(page, "kind", order_kind_name(cycle->kind));
    html_text(page, "why", cycle->why);
    html_flag(page, "suppressed", cycle->suppressed != NULL);
    if (cycle->kind == ORDER_DEADLOCK)
        html_integer(page, "time_ns", (int64_t)(cycle->time_ns - page->profile->header.start_ns));
    html_open(page, "locks", '[');
    for (size_t i = 0; i < cycle->lock_count; i++)
        html_text(page, NULL, cycle->locks[i]->name);
    html_close(page, ']');
    html_open(page, "edges", '[');
    for (size_t i = 0; i < cycle->edge_count; i++)
        put_edge(page, cycle, &cycle->edges[i]);
    html_close(page, ']');
    html_close(page, '}');
}

static void put_order(struct html_page *page)
{
    html_open(page, "order", '[');
    for (size_t i = 0; i < page->profile->order_count; i++)
        if (!page->profile->order[i].hidden)
            put_cycle(page, &page->profile->order[i]);
    html_close(page, ']');
}

// --- misuse

static void put_misuse(struct html_page *page, const struct lock_misuse *misuse)
{
    const struct profile_lock_misuse *record = &misuse->record;
    html_row(page);
    html_text(page, NULL, misuse_kind_name(record->kind));
    html_text(page, NULL, misuse->lock->name);
    html_text(page, NULL, lock_kind_name(misuse->lock->kind));
    html_integer(page, NULL, (int64_t)record->count);
    html_integer(page, NULL, (int64_t)(record->time_ns - page->profile->header.start_ns));
    html_integer(page, NULL, record->thread);
    html_integer(page, NULL, record->owner);
    html_integer(page, NULL, misuse->suppressed != NULL);
    html_stack(page, NULL, record->stack);
    html_stack(page, NULL, record->other_stack);
    html_row_end(page);
}

static void put_misuses(struct html_page *page)
{
    html_table(page, "lock_misuses",
               "kind lock lock_kind count time_ns thread owner suppressed stack other_stack");
    for (size_t i = 0; i < page->profile->misuse_count; i++)
        if (!page->profile->misuses[i].hidden)
            put_misuse(page, &page->profile->misuses[i]);
    html_table_end(page);
}

void html_put_locks(struct html_page *page)
{
    if (!page->profile->header.locks_on)
        return;
    if (html_has(page, TABLE_LOCKS | TABLE_HOLDERS)) {
        page->failed |= lock_places_find(page->profile) != 0;
        put_lock_table(page);
        put_waits(page);
        put_holders(page);
        put_pairs(page);
    }
    if (html_has(page, TABLE_ORDER))
        put_order(page);
    if (html_has(page, TABLE_MISUSE))
        put_misuses(page);
}
