// SPDX-License-Identifier: MIT
//
// deadlock.c - finds circles of waiting threads, see deadlock.h.
//
// A thread stores what it waits for, and then looks (both sequentially consistent): of two that
// close a circle at once, at least one sees the other. What one reads of other threads may change
// under its eyes, so a circle is believed when a second look finds every thread of it in the same
// wait (`turn`) and every lock with the same holder: between the looks all of them waited, so none
// could let its locks go, and it stays so.
#include "preload/deadlock.h"

#include "preload/compiler.h"
#include "preload/glibc_locks.h"
#include "preload/lock_use.h"
#include "preload/lock_wait.h"
#include "preload/record_table.h"
#include "preload/reporter.h"
#include "preload/spinlock.h"
#include "preload/stack_capture.h"
#include "preload/sys.h"
#include "preload/thread_table.h"

#define REPORTS_MAX 1000 // of a process
#define QUEUE_MAX 2048   // threads looked at; a circle beyond is not found

RECORD_TABLE(links, PROFILE_CHUNK_DEADLOCKS, profile_deadlock_link, 4, 1u << 8);

// A thread that waits, found from the one before because it holds what that one waits for.
struct seen {
    struct thread_state *thread;
    uint32_t turn;
    uint32_t from; // index of the one that waits for it
};

static struct spinlock search_lock;
static struct seen queue[QUEUE_MAX];
static uint32_t queue_count;
static uint32_t deadlock_count;
static uint32_t orphan_count; // mutexes that threads did not let go before they ended

static uint32_t turn_of(const struct thread_state *thread)
{
    return __atomic_load_n(&thread->locks.waiting.turn, __ATOMIC_SEQ_CST);
}

static bool is_waiting(const struct thread_state *thread)
{
    return turn_of(thread) & 1;
}

static bool holds(const struct thread_state *thread, const struct lock_state *lock, bool to_write)
{
    int index = lock_find_held(&thread->locks, lock);

    if (index < 0)
        return false;
    return !(to_write && atomic_get(&thread->locks.held[index].mode) & PROFILE_ACQUIRE_READ);
}

// The one thread that has the lock for itself. NULL: none that we know.
static struct thread_state *owner_of(const struct lock_state *lock)
{
    struct thread_state *owner =
        atomic_get(&lock->is_foreign) ? NULL : thread_by_serial(atomic_get(&lock->last_owner));

    return owner && holds(owner, lock, true) ? owner : NULL;
}

// NULL: it has ended, or the join has meanwhile.
static struct thread_state *joined_of(const struct lock_waiting *waiting)
{
    const struct profile_thread *joined = atomic_get(&waiting->joined);

    return joined ? thread_by_serial(joined->serial) : NULL;
}

// The waiter of an rwlock waits for those who read as well if it wants to write, or if writers go
// first and one waits for the readers.
static bool waits_for_readers(const struct lock_waiting *waiting)
{
    const struct lock_state *lock = atomic_get(&waiting->lock);
    pthread_rwlock_t copy; // the waiter may have had it meanwhile, and made away with it

    if (lock->kind != PROFILE_LOCK_RWLOCK)
        return false;
    if (!(atomic_get(&waiting->mode) & PROFILE_ACQUIRE_READ))
        return true;
    return sys_copy_memory(&copy, (const void *)(uintptr_t)lock->place, sizeof(copy)) &&
           rwlock_waits_for_writer(&copy);
}

static bool waits_for(const struct thread_state *waiter, const struct thread_state *holder)
{
    const struct lock_waiting *waiting = &waiter->locks.waiting;
    const struct lock_state *lock = atomic_get(&waiting->lock);

    if (lock->kind == PROFILE_LOCK_JOIN)
        return joined_of(waiting) == holder;
    if (waiter == holder && owner_of(lock) == holder)
        return atomic_get(&waiting->blocks_owner);
    return owner_of(lock) == holder || (waits_for_readers(waiting) && holds(holder, lock, false));
}

// Calls `visit` with each thread that the waiter waits for, until it says true.
static bool each_holder(const struct thread_state *waiter,
                        bool (*visit)(struct thread_state *holder, uint32_t from), uint32_t from)
{
    const struct lock_waiting *waiting = &waiter->locks.waiting;
    const struct lock_state *lock = atomic_get(&waiting->lock);
    struct thread_state *one =
        lock->kind == PROFILE_LOCK_JOIN ? joined_of(waiting) : owner_of(lock);

    if (one)
        return waits_for(waiter, one) && visit(one, from);
    if (!waits_for_readers(waiting))
        return false;
    for (uint32_t slot = 0; slot < thread_slot_count(); slot++) {
        struct thread_state *thread = thread_in_slot(slot);

        if (thread && waits_for(waiter, thread) && visit(thread, from))
            return true;
    }
    return false;
}

// True where the circle closes.
static bool add_seen(struct thread_state *holder, uint32_t from)
{
    uint32_t turn = turn_of(holder);

    if (holder == queue[0].thread)
        return true;
    for (uint32_t i = 0; i < queue_count; i++)
        if (queue[i].thread == holder)
            return false;
    if ((turn & 1) && queue_count < QUEUE_MAX)
        queue[queue_count++] = (struct seen){holder, turn, from};
    return false;
}

// Breadth first, so the circle is a shortest one. Returns the index of the thread that waits for
// `self`, -1 if there is no circle.
static int search(struct thread_state *self)
{
    queue[0] = (struct seen){self, turn_of(self), 0};
    queue_count = 1;
    for (uint32_t i = 0; i < queue_count; i++)
        if (each_holder(queue[i].thread, add_seen, i))
            return (int)i;
    return -1;
}

// From the thread that waits for self back to self. `next` holds what the one at hand waits for.
static bool is_stable(int last)
{
    const struct thread_state *next = queue[0].thread;

    for (int i = last;; i = (int)queue[i].from) {
        const struct thread_state *thread = queue[i].thread;

        if (turn_of(thread) != queue[i].turn || !waits_for(thread, next))
            return false;
        next = thread;
        if (i == 0)
            return true;
    }
}

static uint32_t owner_stack(const struct thread_state *owner, const struct lock_state *lock)
{
    int index = lock_find_held(&owner->locks, lock);

    return index < 0 ? 0 : held_lock_stack(owner, &owner->locks.held[index]);
}

static void add_link(struct profile_deadlock_link what, struct thread_state *waiter,
                     const struct thread_state *owner)
{
    struct lock_waiting *waiting = &waiter->locks.waiting;
    uint32_t id;
    struct profile_deadlock_link *record = record_table_reserve(&links, PROFILE_DROP_MEMORY, &id);

    waiting->reported = waiting->turn;
    if (!record)
        return;
    record->kind = what.kind;
    record->link = what.link;
    record->link_count = what.link_count;
    record->lock = waiting->lock->id;
    record->mode = waiting->mode;
    record->thread = waiter->serial;
    record->wait_stack = waiting->stack;
    record->owner = owner ? owner->serial : atomic_get(&waiting->lock->last_owner);
    record->owner_stack = owner ? owner_stack(owner, waiting->lock) : 0;
    record->time_ns = sys_monotonic_ns();
    atomic_publish(&record->deadlock, what.deadlock);
}

static uint32_t report_orphan(struct thread_state *waiter, const struct thread_state *owner)
{
    struct profile_deadlock_link link = {
        .deadlock = ++deadlock_count, .kind = PROFILE_DEADLOCK_ORPHAN, .link_count = 1};

    add_link(link, waiter, owner);
    return deadlock_count;
}

// In the order of waiting, self first.
static uint32_t report_cycle(int last)
{
    struct profile_deadlock_link link = {
        .deadlock = ++deadlock_count, .kind = PROFILE_DEADLOCK_CYCLE, .link_count = 1};
    const struct thread_state *next = queue[0].thread;

    for (int i = last; i != 0; i = (int)queue[i].from)
        link.link_count++;
    link.link = link.link_count;
    for (int i = last; link.link > 0; i = (int)queue[i].from) {
        link.link--;
        add_link(link, queue[i].thread, next);
        next = queue[i].thread;
    }
    return deadlock_count;
}

// The thread that held it last has ended, and did not let it go.
static bool is_orphaned(const struct lock_state *lock)
{
    const pthread_mutex_t *mutex = (const void *)(uintptr_t)lock->place;

    if (lock->kind != PROFILE_LOCK_MUTEX || lock->record->flags & PROFILE_LOCK_ROBUST ||
        lock->record->flags & PROFILE_LOCK_SHARED || !mutex_has_owner(mutex))
        return false;
    return atomic_get(&lock->last_owner) && !thread_by_serial(atomic_get(&lock->last_owner)) &&
           mutex_owner(mutex) == (int)thread_record(atomic_get(&lock->last_owner))->tid &&
           !sys_thread_is_alive(mutex_owner(mutex));
}

static uint32_t find_and_report(struct thread_state *self)
{
    int last = search(self);

    if (self->locks.waiting.reported == self->locks.waiting.turn || deadlock_count >= REPORTS_MAX)
        return 0; // another thread was faster, or something else is going on
    if (last >= 0 && is_stable(last))
        return report_cycle(last);
    return is_orphaned(self->locks.waiting.lock) ? report_orphan(self, NULL) : 0;
}

// What the search can't be without, at a glance: most waits are for a thread that runs, by one that
// nobody waits for. No look at what other threads store before that is sure.
static bool may_be_stuck(const struct thread_state *self)
{
    const struct lock_waiting *waiting = &self->locks.waiting;
    const struct thread_state *owner;

    // nobody waits for a thread that holds nothing, unless for its end
    if (self->locks.held_count == 0 && atomic_get(&lock_joins_waiting) == 0)
        return atomic_get(&orphan_count) && is_orphaned(waiting->lock);
    owner = waiting->lock->kind == PROFILE_LOCK_JOIN ? joined_of(waiting) : owner_of(waiting->lock);
    if (owner)
        return owner == self || is_waiting(owner);
    return waits_for_readers(waiting) || is_orphaned(waiting->lock);
}

cold void deadlock_check(struct thread_state *self)
{
    uint32_t number;

    if (!may_be_stuck(self) || !spinlock_take(&search_lock))
        return;
    number = find_and_report(self);
    spinlock_give(&search_lock);
    if (number)
        reporter_show_deadlock(number);
}

cold void deadlock_orphaned(struct thread_state *self, const struct lock_state *lock)
{
    uint32_t first, last;

    atomic_add(&orphan_count, 1);
    if (!spinlock_take(&search_lock))
        return;
    first = deadlock_count;
    for (uint32_t slot = 0; slot < thread_slot_count(); slot++) {
        struct thread_state *thread = thread_in_slot(slot);

        if (deadlock_count < REPORTS_MAX && thread && thread != self && is_waiting(thread) &&
            atomic_get(&thread->locks.waiting.lock) == lock)
            report_orphan(thread, self);
    }
    last = deadlock_count;
    spinlock_give(&search_lock);
    for (uint32_t number = first; number < last; number++)
        reporter_show_deadlock(number + 1);
}

void deadlock_reset(void)
{
    if (links.reserved)
        record_table_reset(&links);
    search_lock.is_taken = 0;
    deadlock_count = orphan_count = 0;
}
