// SPDX-License-Identifier: MIT
//
// lock_nesting.c - sequences of locks, see lock_nesting.h: a trie in the profile, found by a hash
// table whose chains grow at their head (as in stack_table.c), and by a small cache of each thread.
#include "preload/lock_nesting.h"

#include "preload/compiler.h"
#include "preload/lock_use.h"
#include "preload/profile_writer.h"
#include "preload/record_table.h"
#include "preload/slab.h"
#include "preload/stack_capture.h"
#include "preload/thread_table.h"

#include <string.h>

#define BUCKETS (1u << 16)

RECORD_TABLE(nestings, PROFILE_CHUNK_LOCK_NESTINGS, profile_lock_nesting, 6, 1u << 12);

static uint32_t buckets[BUCKETS];

static inline uint32_t *bucket_of(const struct nesting_key *key)
{
    uint64_t hash = key->before * UINT64_C(0x9e3779b97f4a7c15);

    hash = ((hash >> 29) ^ key->what) * UINT64_C(0xbf58476d1ce4e5b9);
    return &buckets[hash >> 48];
}

static uint32_t held_of(const struct nesting_key *key)
{
    return (uint32_t)key->before;
}

static uint32_t lock_of_key(const struct nesting_key *key)
{
    return (uint32_t)(key->what >> 32);
}

static bool is_nesting(const struct profile_lock_nesting *nesting, const struct nesting_key *key)
{
    return ((uint64_t)nesting->held_lock << 32 | nesting->held) == key->before &&
           ((uint64_t)nesting->lock << 32 | nesting->held_mode << 16 | nesting->mode) == key->what;
}

static uint32_t find_in(uint32_t id, uint32_t end, const struct nesting_key *key)
{
    while (id != end) {
        const struct profile_lock_nesting *nesting = record_table_at(&nestings, id);

        if (is_nesting(nesting, key))
            return id;
        id = nesting->next;
    }
    return 0;
}

static void note_thread(struct thread_state *self, uint32_t id)
{
    struct profile_lock_nesting *nesting = record_table_at(&nestings, id);

    if (nesting->thread != self->serial && !atomic_get(&nesting->other_thread))
        atomic_set(&nesting->other_thread, self->serial);
}

// Enters it, unless another thread has meanwhile.
static uint32_t push(struct thread_state *self, uint32_t id, const struct nesting_key *key)
{
    uint32_t *bucket = bucket_of(key);
    struct profile_lock_nesting *nesting = record_table_at(&nestings, id);
    uint32_t head = atomic_get_acquire(bucket), seen = 0, other;

    do {
        other = find_in(head, seen, key);
        if (other) {
            note_thread(self, other);
            return other;
        }
        seen = head;
        nesting->next = head;
        atomic_publish(&nesting->lock, lock_of_key(key)); // a chain shows records that are complete
    } while (!atomic_swap_if(bucket, &head, id));
    return id;
}

// An acquisition: of `lock` now, or of a lock that was acquired before (`held`), with `count` locks
// held at that time.
struct acquisition {
    uint32_t count;
    const struct lock_state *lock;
    const struct held_lock *held; // NULL: now
    const struct host_frame *caller;
    struct nesting_key key;
};

// Where the held lock of the key was acquired: not the latest entry if that one is recursive.
static const struct held_lock *find_before(const struct thread_locks *locks,
                                           const struct acquisition *what)
{
    const struct held_lock *before = &locks->held[what->count - 1];

    while (before > locks->held && before->lock->id != what->key.before >> 32)
        before--;
    return before;
}

static uint32_t add(struct thread_state *self, const struct acquisition *what)
{
    const struct held_lock *before = find_before(&self->locks, what);
    uint32_t id;
    struct profile_lock_nesting *nesting =
        record_table_reserve(&nestings, PROFILE_DROP_ORDER_LIMIT, &id);

    if (!nesting)
        return NESTING_UNKNOWN;
    nesting->mode = (uint16_t)what->key.what;
    nesting->held_mode = (uint16_t)(what->key.what >> 16);
    nesting->held_lock = (uint32_t)(what->key.before >> 32);
    nesting->held = held_of(&what->key);
    nesting->stack = stack_capture_fresh(self, what->caller);
    if (what->held)
        nesting->stack = held_lock_stack(self, what->held);
    nesting->held_stack = held_lock_stack(self, before);
    nesting->is_partial = !before->stack;
    if (!before->stack)
        lock_want_stacks(&self->locks, before);
    nesting->thread = self->serial;
    atomic_set(&lock_by_id(what->lock->id)->is_ordered, 1);
    atomic_set(&before->lock->is_ordered, 1);
    return push(self, id, &what->key);
}

// The stack of the held lock is at hand this time.
static void complete(struct thread_state *self, const struct acquisition *what, uint32_t id)
{
    const struct held_lock *before = find_before(&self->locks, what);
    struct profile_lock_nesting *nesting = record_table_at(&nestings, id);

    if (!before->stack || !atomic_get(&nesting->is_partial))
        return;
    atomic_set(&nesting->held_stack, before->stack);
    atomic_set(&nesting->is_partial, 0);
}

static bool holds_already(const struct thread_locks *locks, const struct acquisition *what)
{
    for (uint32_t i = 0; i < what->count; i++)
        if (locks->held[i].lock == what->lock)
            return true;
    return false;
}

static bool is_known(const struct nesting_key *key)
{
    return find_in(atomic_get_acquire(bucket_of(key)), 0, key) != 0;
}

static uint32_t find_or_add(struct thread_state *self, const struct acquisition *what)
{
    uint32_t id;

    if (held_of(&what->key) == NESTING_UNKNOWN)
        return NESTING_UNKNOWN;
    if (holds_already(&self->locks, what))
        return NESTING_HELD;
    id = find_in(atomic_get_acquire(bucket_of(&what->key)), 0, &what->key);
    if (!id)
        return add(self, what);
    note_thread(self, id);
    complete(self, what, id);
    return id;
}

static void set_key(const struct thread_locks *locks, struct acquisition *what, unsigned mode)
{
    what->key = lock_nesting_key(&locks->held[what->count - 1], what->lock, mode);
}

static bool is_partial(uint32_t nesting)
{
    const struct profile_lock_nesting *record;

    if (nesting >= NESTING_HELD)
        return false;
    record = record_table_at(&nestings, nesting);
    return atomic_get(&record->is_partial);
}

static cold uint32_t nest_slowly(struct thread_state *self, const struct acquisition *what)
{
    struct thread_locks *locks = &self->locks;
    uint32_t nesting = find_or_add(self, what);

    if (!locks->nestings)
        locks->nestings = slab_allocate(sizeof(*locks->nestings));
    if (locks->nestings) {
        unsigned place = lock_nesting_place(&what->key);

        locks->nestings->entries[place].key.what = 0; // a handler may jump away
        __asm__ volatile("" ::: "memory");
        locks->nestings->entries[place].nesting = nesting;
        locks->nestings->entries[place].is_partial = is_partial(nesting);
        locks->nestings->entries[place].key.before = what->key.before;
        __asm__ volatile("" ::: "memory");
        locks->nestings->entries[place].key.what = what->key.what;
    }
    return nesting;
}

static bool is_stale(const struct held_lock *held)
{
    return (uint32_t)held->order == NESTING_STALE;
}

static void renew_one(struct thread_state *self, uint32_t index, const struct host_frame *caller)
{
    struct thread_locks *locks = &self->locks;
    struct held_lock *held = &locks->held[index];
    struct acquisition what = {index, held->lock, held, caller, {0, 0}};
    uint32_t nesting;

    set_key(locks, &what, held->mode | PROFILE_ACQUIRE_TRY);
    if (!lock_nesting_cached(locks, &what.key, held[-1].stack, &nesting))
        nesting = nest_slowly(self, &what);
    held->order = nesting == NESTING_HELD ? held[-1].order : lock_order(held->lock, nesting);
    held->order_mode = nesting == NESTING_HELD ? held[-1].order_mode : held->mode;
}

// A lock in the middle was released: what was acquired after it is entered anew, as something that
// did not wait just now.
static cold void renew(struct thread_state *self, const struct host_frame *caller)
{
    struct held_lock *held = self->locks.held;

    held[0].order = lock_order(held[0].lock, 0);
    held[0].order_mode = held[0].mode;
    for (uint32_t i = 1; i < self->locks.held_count; i++)
        if (is_stale(&held[i]))
            renew_one(self, i, caller);
}

static void drop_released(struct thread_state *self)
{
    struct thread_locks *locks = &self->locks;

    for (uint32_t i = locks->held_count; i-- > 0;)
        if (!lock_is_still_held(self, &locks->held[i]))
            lock_forget_held(locks, i);
}

// Not in the thread's cache. What it does not hold any more is looked for before something is
// entered that may be wrong.
static cold uint32_t nest_anew(struct thread_state *self, const struct lock_state *lock,
                               unsigned mode, const struct host_frame *caller)
{
    struct thread_locks *locks = &self->locks;
    struct acquisition what = {locks->held_count, lock, NULL, caller, {0, 0}};

    set_key(locks, &what, mode);
    if (!is_known(&what.key)) {
        drop_released(self);
        if (locks->held_count == 0)
            return 0;
        if (is_stale(&locks->held[locks->held_count - 1]))
            renew(self, caller);
        what.count = locks->held_count;
        set_key(locks, &what, mode);
    }
    return nest_slowly(self, &what);
}

uint32_t lock_nest(struct thread_state *self, const struct lock_state *lock, unsigned mode,
                   const struct host_frame *caller)
{
    struct thread_locks *locks = &self->locks;
    struct acquisition what = {locks->held_count, lock, NULL, caller, {0, 0}};
    uint32_t nesting;

    if (unlikely(locks->held_count > HELD_IN_ORDER)) {
        profile_drop(PROFILE_DROP_ORDER_LIMIT);
        return NESTING_UNKNOWN;
    }
    if (unlikely(is_stale(&locks->held[what.count - 1])))
        renew(self, caller);
    set_key(locks, &what, mode);
    if (likely(lock_nesting_cached(locks, &what.key, locks->held[what.count - 1].stack, &nesting)))
        return nesting;
    return nest_anew(self, lock, mode, caller);
}

__attribute__((noinline)) bool lock_nested_quickly(struct thread_locks *locks,
                                                   struct lock_state *lock, unsigned cell,
                                                   unsigned mode, const struct host_frame *caller)
{
    const struct held_lock *before = &locks->held[locks->held_count - 1];
    struct nesting_key key = lock_nesting_key(before, lock, mode);
    uint32_t nesting;

    if (unlikely(!lock_nesting_cached(locks, &key, before->stack, &nesting)) ||
        unlikely(nesting == NESTING_HELD))
        return false;
    lock_hold_quickly(locks, lock, cell, nesting, mode, caller);
    return true;
}

void lock_nesting_reset(void)
{
    if (nestings.reserved == 0)
        return; // nothing is touched yet
    record_table_reset(&nestings);
    memset(buckets, 0, sizeof(buckets));
}
