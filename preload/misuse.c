// SPDX-License-Identifier: MIT
//
// misuse.c - misuse of locks, see misuse.h. Rare: one chain of records, newest first.
#include "preload/misuse.h"

#include "preload/compiler.h"
#include "preload/lock_table.h"
#include "preload/record_table.h"
#include "preload/stack_capture.h"
#include "preload/sys.h"
#include "preload/thread_table.h"

RECORD_TABLE(misuses, PROFILE_CHUNK_LOCK_MISUSES, profile_lock_misuse, 5, 1u << 7);

static uint32_t newest;

static struct profile_lock_misuse *find(enum profile_misuse_kind kind, uint32_t lock,
                                        uint32_t stack)
{
    for (uint32_t id = atomic_get_acquire(&newest); id;) {
        struct profile_lock_misuse *misuse = record_table_at(&misuses, id);

        if (misuse->kind == kind && misuse->lock == lock && misuse->stack == stack)
            return misuse;
        id = misuse->next;
    }
    return NULL;
}

cold void misuse_report(struct thread_state *self, enum profile_misuse_kind kind,
                        const struct lock_state *lock, uint32_t stack, uint32_t other_stack,
                        uint32_t owner)
{
    struct profile_lock_misuse *misuse = find(kind, lock->id, stack);
    uint32_t id, head = atomic_get_acquire(&newest);

    if (misuse) {
        atomic_add(&misuse->count, 1);
        return;
    }
    misuse = record_table_reserve(&misuses, PROFILE_DROP_MEMORY, &id);
    if (!misuse)
        return;
    misuse->lock = lock->id;
    misuse->stack = stack;
    misuse->other_stack = other_stack;
    misuse->thread = self->record->claim;
    misuse->owner = owner;
    misuse->count = 1;
    misuse->time_ns = sys_monotonic_ns();
    atomic_publish(&misuse->kind, kind);
    do
        atomic_set(&misuse->next, head);
    while (!atomic_swap_if(&newest, &head, id));
}

// The thread that has it on its list: of an rwlock that is read any of those.
static struct thread_state *find_owner(const struct lock_state *lock)
{
    struct thread_state *last = thread_by_serial(atomic_get(&lock->last_owner));

    if (last && lock_find_held(&last->locks, lock) >= 0)
        return last;
    for (uint32_t slot = 0; slot < thread_slot_count(); slot++) {
        struct thread_state *thread = thread_in_slot(slot);

        if (thread && lock_find_held(&thread->locks, lock) >= 0)
            return thread;
    }
    return NULL;
}

cold void misuse_of_lock(struct thread_state *self, enum profile_misuse_kind kind,
                         const struct lock_state *lock, const struct host_frame *caller)
{
    const struct thread_state *owner = find_owner(lock);
    uint32_t stack = stack_capture_fresh(self, caller);

    misuse_report(self, kind, lock, stack, lock_owner_stack(self, owner, lock),
                  owner ? owner->serial : 0);
}

void misuse_reset(void)
{
    if (misuses.reserved)
        record_table_reset(&misuses);
    newest = 0;
}
