// SPDX-License-Identifier: MIT
//
// budget_kinds.c - the table of budgets, and how each adds up its value. What is suppressed does
// not count.
#include "report/check/budget_kinds.h"

#include <string.h>

static void add(struct budget_items *items, const struct budget_item *item)
{
    if (item->value == 0)
        return;
    items->value += item->value;
    items->bytes += item->bytes;
    if (items->count == items->room) {
        size_t room = items->room ? 2 * items->room : 64;
        struct budget_item *larger = region_array(items->region, room, sizeof(*larger));
        items->failed |= !larger;
        if (!larger)
            return;
        if (items->count)
            memcpy(larger, items->list, items->count * sizeof(*larger));
        items->list = larger;
        items->room = room;
    }
    items->list[items->count++] = *item;
}

// --- heap

static void collect_leaks(struct budget_items *items, const struct profile *profile)
{
    for (size_t i = 0; i < profile->leaks.record_count; i++) {
        const struct leak *leak = &profile->leaks.records[i];
        if (leak->class == PROFILE_LEAK_DEFINITE && !leak->suppressed)
            add(items, &(struct budget_item){
                           .value = leak->blocks, .bytes = leak->bytes, .stack = leak->stack});
    }
}

static void collect_leak_bytes(struct budget_items *items, const struct profile *profile)
{
    for (size_t i = 0; i < profile->leaks.record_count; i++) {
        const struct leak *leak = &profile->leaks.records[i];
        if (leak->class == PROFILE_LEAK_DEFINITE && !leak->suppressed)
            add(items, &(struct budget_item){.value = leak->bytes + leak->indirect_bytes,
                                             .stack = leak->stack});
    }
}

static void collect_peak(struct budget_items *items, const struct profile *profile)
{
    for (size_t i = 0; i < profile->heap.site_count; i++)
        add(items, &(struct budget_item){.value = profile->heap.sites[i].counts.peak_bytes,
                                         .stack = profile->heap.sites[i].stack});
}

static void collect_allocations(struct budget_items *items, const struct profile *profile)
{
    for (size_t i = 0; i < profile->heap.site_count; i++)
        add(items, &(struct budget_item){.value = profile->heap.sites[i].counts.allocations,
                                         .stack = profile->heap.sites[i].stack});
}

static void collect_allocated_bytes(struct budget_items *items, const struct profile *profile)
{
    for (size_t i = 0; i < profile->heap.site_count; i++)
        add(items, &(struct budget_item){.value = profile->heap.sites[i].counts.allocated_bytes,
                                         .stack = profile->heap.sites[i].stack});
}

static void collect_heap_misuses(struct budget_items *items, const struct profile *profile)
{
    for (size_t i = 0; i < profile->heap_misuse_count; i++) {
        const struct heap_misuse *misuse = &profile->heap_misuses[i];
        if (!misuse->suppressed)
            add(items, &(struct budget_item){.value = (int64_t)misuse->record.count,
                                             .stack = misuse->record.free_stack,
                                             .misuse = misuse});
    }
}

// --- threads

static void collect_threads(struct budget_items *items, const struct profile *profile,
                            const char *join)
{
    for (size_t i = 0; i < profile->threads.record_count; i++) {
        const struct thread *thread = &profile->threads.records[i];
        if (thread->record.origin == PROFILE_ORIGIN_CREATED && !thread->suppressed &&
            thread->join && strcmp(thread->join, join) == 0)
            add(items, &(struct budget_item){.value = thread->count,
                                             .stack = thread->record.creation_stack});
    }
}

static void collect_leaked_threads(struct budget_items *items, const struct profile *profile)
{
    collect_threads(items, profile, "leaked");
}

static bool has_finished(const struct profile_thread *record)
{
    return record->end_ns != 0 || record->exit_kind != PROFILE_THREAD_RUNNING;
}

// Detached ones, too.
static void collect_running_threads(struct budget_items *items, const struct profile *profile)
{
    for (size_t i = 0; i < profile->threads.record_count; i++) {
        const struct thread *thread = &profile->threads.records[i];
        if (thread->record.origin == PROFILE_ORIGIN_CREATED && !thread->suppressed &&
            !has_finished(&thread->record))
            add(items, &(struct budget_item){.value = thread->count,
                                             .stack = thread->record.creation_stack});
    }
}

// --- locks

// What the lock counts beyond its waits found no room for a stack.
static void collect_waits(struct budget_items *items, const struct lock *lock, bool times)
{
    int64_t rest = times ? lock->contentions : lock->wait_ns;
    for (size_t i = 0; i < lock->wait_count; i++) {
        const struct lock_wait *wait = &lock->waits[i];
        int64_t value = times ? wait->count : wait->wait_ns;
        add(items, &(struct budget_item){.value = value, .stack = wait->stack, .lock = lock});
        rest -= value;
    }
    if (rest > 0)
        add(items, &(struct budget_item){.value = rest, .lock = lock});
}

static void collect_contended(struct budget_items *items, const struct profile *profile, bool times)
{
    for (size_t i = 0; i < profile->lock_count; i++) {
        const struct lock *lock = &profile->locks[i];
        if (!lock_is_idle_kind(lock->kind) && !lock->suppressed)
            collect_waits(items, lock, times);
    }
}

static void collect_lock_wait(struct budget_items *items, const struct profile *profile)
{
    collect_contended(items, profile, false);
}

static void collect_contentions(struct budget_items *items, const struct profile *profile)
{
    collect_contended(items, profile, true);
}

static void collect_cycles(struct budget_items *items, const struct profile *profile,
                           enum order_kind kind)
{
    for (size_t i = 0; i < profile->order_count; i++) {
        const struct order_cycle *cycle = &profile->order[i];
        if (cycle->kind == kind && !cycle->suppressed && cycle->edge_count)
            add(items, &(struct budget_item){.value = 1,
                                             .stack = cycle->edges[0].stack_to,
                                             .lock = cycle->locks[cycle->edges[0].to],
                                             .cycle = cycle});
    }
}

static void collect_deadlocks(struct budget_items *items, const struct profile *profile)
{
    collect_cycles(items, profile, ORDER_DEADLOCK);
}

static void collect_order(struct budget_items *items, const struct profile *profile)
{
    collect_cycles(items, profile, ORDER_POTENTIAL);
}

// --- the table

const struct budget_kind budget_kinds[] = {
    {"leaks", BUDGET_COUNT, NEEDS_LEAKS, "block", "blocks", collect_leaks,
     "blocks that nothing points to any more (definite leaks)"},
    {"leak_bytes", BUDGET_BYTES, NEEDS_LEAKS, "", "", collect_leak_bytes,
     "bytes of these, and of what is lost with them"},
    {"mismatches", BUDGET_COUNT, NEEDS_HEAP, "wrong free", "wrong frees", collect_heap_misuses,
     "blocks freed by the wrong function, twice, or in the middle"},
    {"peak_bytes", BUDGET_BYTES, NEEDS_HEAP, "", "", collect_peak, "most bytes live at once"},
    {"allocations", BUDGET_COUNT, NEEDS_HEAP, "allocation", "allocations", collect_allocations,
     "blocks allocated"},
    {"allocated_bytes", BUDGET_BYTES, NEEDS_HEAP, "", "", collect_allocated_bytes,
     "bytes allocated"},
    {"leaked_threads", BUDGET_COUNT, NEEDS_THREADS, "thread", "threads", collect_leaked_threads,
     "finished threads that were neither joined nor detached"},
    {"running_threads", BUDGET_COUNT, NEEDS_THREADS, "thread", "threads", collect_running_threads,
     "threads that still ran when the process ended"},
    {"lock_wait", BUDGET_NS, NEEDS_LOCKS, "", "", collect_lock_wait,
     "time waited for locks that others held"},
    {"contentions", BUDGET_COUNT, NEEDS_LOCKS, "wait", "waits", collect_contentions,
     "how often that was"},
    {"deadlocks", BUDGET_COUNT, NEEDS_LOCKS, "deadlock", "deadlocks", collect_deadlocks,
     "threads that waited for each other for ever"},
    {"order", BUDGET_COUNT, NEEDS_LOCKS, "potential deadlock", "potential deadlocks", collect_order,
     "locks taken in circles: deadlocks that have not happened yet"},
    {NULL, 0, 0, NULL, NULL, NULL, NULL},
};
