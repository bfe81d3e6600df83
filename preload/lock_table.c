// SPDX-License-Identifier: MIT
//
// lock_table.c - finds the record of a lock, see lock_table.h. Hash tables with chains that only
// grow at their head, as in stack_table.c; the newest lock at an address comes first.
#include "preload/lock_table.h"

#include "preload/compiler.h"
#include "preload/modules.h"
#include "preload/profile_format.h"
#include "preload/record_table.h"
#include "preload/stack_capture.h"
#include "preload/thread_table.h"

#include <string.h>

#define LOCK_BUCKETS (1u << 14)
#define WAIT_BUCKETS (1u << 12)

RECORD_TABLE(locks, PROFILE_CHUNK_LOCKS, profile_lock, 5, 1u << 13);
RECORD_TABLE(waits, PROFILE_CHUNK_LOCK_WAITS, profile_lock_wait, 6, 1u << 14);

static uint32_t lock_buckets[LOCK_BUCKETS];
static uint32_t wait_buckets[WAIT_BUCKETS];

static uint32_t *lock_bucket(uint64_t address)
{
    return &lock_buckets[(address * UINT64_C(0x9e3779b97f4a7c15) >> 40) % LOCK_BUCKETS];
}

static uint32_t *wait_bucket(uint32_t lock, uint32_t stack)
{
    uint64_t key = (uint64_t)lock << 32 | stack;

    return &wait_buckets[(key * UINT64_C(0x9e3779b97f4a7c15) >> 40) % WAIT_BUCKETS];
}

// The newest record at an address, retired or not. 0: none.
static uint32_t find_newest(uint64_t address)
{
    uint32_t id = atomic_get_acquire(lock_bucket(address));

    while (id) {
        const struct profile_lock *lock = record_table_at(&locks, id);

        if (lock->address == address)
            break;
        id = lock->next;
    }
    return id;
}

static void push(uint32_t *bucket, uint32_t *next, uint32_t id)
{
    uint32_t head = atomic_get_acquire(bucket);

    do
        atomic_set(next, head);
    while (!atomic_swap_if(bucket, &head, id));
}

static cold uint32_t add_lock(uint64_t address, uint32_t generation, uint32_t stack,
                              uint32_t initialised)
{
    uint32_t id;
    struct profile_lock *lock = record_table_reserve(&locks, PROFILE_DROP_MEMORY, &id);

    if (!lock)
        return 0;
    lock->generation = generation;
    lock->kind = PROFILE_LOCK_MUTEX;
    lock->creation_stack = stack;
    lock->initialised = initialised;
    lock->modules_generation = modules_generation();
    atomic_publish(&lock->address, address);
    push(lock_bucket(address), &lock->next, id);
    return id;
}

static uint32_t find_or_add(struct thread_state *self, uint64_t address,
                            const struct host_frame *caller)
{
    uint32_t id = find_newest(address);
    uint32_t generation = 0;

    if (likely(id)) {
        const struct profile_lock *lock = record_table_at(&locks, id);

        if (likely(!lock->retired))
            return id;
        generation = lock->generation + 1;
    }
    return add_lock(address, generation, stack_capture(self, caller), 0);
}

void lock_acquired(struct thread_state *self, const void *address, const struct host_frame *caller)
{
    uint32_t id = find_or_add(self, (uint64_t)address, caller);

    if (likely(id)) {
        struct profile_lock *lock = record_table_at(&locks, id);

        counter_add(&lock->acquisitions, 1);
    }
}

static struct profile_lock_wait *find_or_add_wait(uint32_t lock, uint32_t stack)
{
    uint32_t *bucket = wait_bucket(lock, stack);
    struct profile_lock_wait *wait;
    uint32_t id;

    for (id = atomic_get_acquire(bucket); id; id = wait->next) {
        wait = record_table_at(&waits, id);
        if (wait->lock == lock && wait->stack == stack)
            return wait;
    }
    wait = record_table_reserve(&waits, PROFILE_DROP_MEMORY, &id);
    if (!wait)
        return NULL;
    wait->stack = stack;
    atomic_publish(&wait->lock, lock);
    push(bucket, &wait->next, id);
    return wait;
}

static void raise_to(uint64_t *maximum, uint64_t value)
{
    if (value > *maximum)
        atomic_set(maximum, value);
}

void lock_waited(struct thread_state *self, const void *address, uint64_t wait_ns,
                 const struct host_frame *caller)
{
    uint32_t id = find_or_add(self, (uint64_t)address, caller);
    struct profile_lock *lock;
    struct profile_lock_wait *wait;

    counter_add(&self->record->lock_wait_ns, wait_ns);
    if (!id)
        return;
    lock = record_table_at(&locks, id);
    counter_add(&lock->acquisitions, 1);
    counter_add(&lock->contentions, 1);
    counter_add(&lock->wait_ns, wait_ns);
    raise_to(&lock->wait_max_ns, wait_ns);
    wait = find_or_add_wait(id, stack_capture(self, caller));
    if (!wait)
        return;
    counter_add(&wait->count, 1);
    counter_add(&wait->wait_ns, wait_ns);
    raise_to(&wait->wait_max_ns, wait_ns);
}

// A lock that was never fought over and comes from the same place has nothing to tell apart, so
// its record serves again: short-lived locks must not fill the profile.
static bool may_reuse(const struct profile_lock *lock, uint32_t stack)
{
    return lock->contentions == 0 && lock->initialised && lock->creation_stack == stack;
}

void lock_initialised(struct thread_state *self, const void *address,
                      const struct host_frame *caller)
{
    uint32_t stack = stack_capture(self, caller);
    uint32_t id = find_newest((uint64_t)address);
    struct profile_lock *lock;

    if (!id) {
        add_lock((uint64_t)address, 0, stack, 1);
        return;
    }
    lock = record_table_at(&locks, id);
    if (may_reuse(lock, stack)) {
        atomic_set(&lock->retired, 0);
        return;
    }
    atomic_set(&lock->retired, 1);
    add_lock((uint64_t)address, lock->generation + 1, stack, 1);
}

void lock_destroyed(const void *address)
{
    uint32_t id = find_newest((uint64_t)address);

    if (id)
        atomic_set(&((struct profile_lock *)record_table_at(&locks, id))->retired, 1);
}

void lock_table_reset(void)
{
    record_table_reset(&locks);
    record_table_reset(&waits);
    memset(lock_buckets, 0, sizeof(lock_buckets));
    memset(wait_buckets, 0, sizeof(wait_buckets));
}
