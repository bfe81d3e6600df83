// SPDX-License-Identifier: MIT
//
// lock_nesting.c - sequences of locks, see lock_nesting.h: a trie in the profile, found by a hash
// table whose chains grow at their head (as in stack_table.c), and by a small cache of each thread.
#include "preload/lock_nesting.h"

#include "preload/compiler.h"
#include "preload/glibc_locks.h"
#include "preload/lock_use.h"
#include "preload/profile_writer.h"
#include "preload/record_table.h"
#include "preload/slab.h"
#include "preload/stack_capture.h"
#include "preload/thread_table.h"

#include <string.h>

#define BUCKETS (1u << 14)
#define CACHE_ENTRIES 128 // a power of two

RECORD_TABLE(nestings, PROFILE_CHUNK_LOCK_NESTINGS, profile_lock_nesting, 6, 1u << 12);

static uint32_t buckets[BUCKETS];

// What tells nestings apart.
struct nesting_key {
    uint32_t held, held_lock, lock;
    uint16_t held_mode, mode;
};

struct nesting_cache {
    struct {
        struct nesting_key key;
        uint32_t nesting;
    } entries[CACHE_ENTRIES];
};

static inline bool is_key(const struct nesting_key *a, const struct nesting_key *b)
{
    return a->held == b->held && a->held_lock == b->held_lock && a->lock == b->lock &&
           a->held_mode == b->held_mode && a->mode == b->mode;
}

static inline uint64_t hash_of(const struct nesting_key *key)
{
    uint64_t hash = ((uint64_t)key->held << 32 | key->held_lock) * UINT64_C(0x9e3779b97f4a7c15);

    return ((hash >> 29) ^ ((uint64_t)key->lock << 8 | (unsigned)key->held_mode << 4 | key->mode)) *
           UINT64_C(0xbf58476d1ce4e5b9);
}

static bool is_nesting(const struct profile_lock_nesting *nesting, const struct nesting_key *key)
{
    return nesting->held == key->held && nesting->held_lock == key->held_lock &&
           nesting->lock == key->lock && nesting->held_mode == key->held_mode &&
           nesting->mode == key->mode;
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
static uint32_t push(struct thread_state *self, uint32_t *bucket, uint32_t id,
                     const struct nesting_key *key)
{
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
        atomic_publish(&nesting->lock, key->lock); // a chain shows records that are complete
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

static uint32_t add(struct thread_state *self, const struct acquisition *what)
{
    const struct held_lock *before = &self->locks.held[what->count - 1];
    uint32_t id;
    struct profile_lock_nesting *nesting =
        record_table_reserve(&nestings, PROFILE_DROP_ORDER_LIMIT, &id);

    if (!nesting)
        return NESTING_UNKNOWN;
    nesting->mode = what->key.mode;
    nesting->held_lock = what->key.held_lock;
    nesting->held_mode = what->key.held_mode;
    nesting->held = what->key.held;
    nesting->stack = stack_capture_fresh(self, what->caller);
    if (what->held)
        nesting->stack = stack_capture_earlier(self, what->held->pc, what->held->sp);
    nesting->held_stack = stack_capture_earlier(self, before->pc, before->sp);
    nesting->thread = self->serial;
    lock_by_id(what->key.lock)->is_ordered = before->lock->is_ordered = 1;
    return push(self, &buckets[hash_of(&what->key) >> 50], id, &what->key);
}

static bool holds_already(const struct thread_locks *locks, const struct acquisition *what)
{
    for (uint32_t i = 0; i < what->count; i++)
        if (locks->held[i].lock == what->lock)
            return true;
    return false;
}

static uint32_t find_or_add(struct thread_state *self, const struct acquisition *what)
{
    uint32_t id;

    if (what->key.held == NESTING_UNKNOWN)
        return NESTING_UNKNOWN;
    if (holds_already(&self->locks, what))
        return what->key.held;
    id = find_in(atomic_get_acquire(&buckets[hash_of(&what->key) >> 50]), 0, &what->key);
    if (!id)
        return add(self, what);
    note_thread(self, id);
    return id;
}

static void set_key(const struct thread_locks *locks, struct acquisition *what, unsigned mode)
{
    const struct held_lock *before = &locks->held[what->count - 1];

    what->key = (struct nesting_key){before->nesting, before->lock->id, what->lock->id,
                                     (uint16_t)before->mode, (uint16_t)mode};
}

static cold uint32_t nest_slowly(struct thread_state *self, const struct acquisition *what)
{
    struct thread_locks *locks = &self->locks;
    uint32_t nesting = find_or_add(self, what);

    if (!locks->nestings)
        locks->nestings = slab_allocate(sizeof(*locks->nestings));
    if (locks->nestings) {
        unsigned place = (unsigned)(hash_of(&what->key) % CACHE_ENTRIES);

        locks->nestings->entries[place].key = what->key;
        locks->nestings->entries[place].nesting = nesting;
    }
    return nesting;
}

// False: it is not in the cache.
static inline bool find_cached(const struct thread_locks *locks, const struct nesting_key *key,
                               uint32_t *ret_nesting)
{
    unsigned place = (unsigned)(hash_of(key) % CACHE_ENTRIES);

    if (unlikely(!locks->nestings) || unlikely(!is_key(&locks->nestings->entries[place].key, key)))
        return false;
    *ret_nesting = locks->nestings->entries[place].nesting;
    return true;
}

// A lock in the middle was released: what was acquired after it is entered anew, as something that
// did not wait just now.
static cold void renew(struct thread_state *self, const struct host_frame *caller)
{
    struct thread_locks *locks = &self->locks;
    struct held_lock *held = locks->held;

    held[0].nesting = 0;
    for (uint32_t i = 1; i < locks->held_count; i++) {
        struct acquisition what = {i, held[i].lock, &held[i], caller, {0}};

        if (held[i].nesting != NESTING_STALE)
            continue;
        set_key(locks, &what, held[i].mode | PROFILE_ACQUIRE_TRY);
        if (!find_cached(locks, &what.key, &held[i].nesting))
            held[i].nesting = nest_slowly(self, &what);
    }
}

// Whether the thread holds it still, as far as the lock itself tells: it may have been unlocked by
// another thread, or where we don't see it.
static bool is_still_held(const struct thread_state *self, const struct held_lock *held)
{
    const struct lock_state *lock = held->lock;
    const void *address = (const void *)(uintptr_t)lock->place;

    if (!lock->address)
        return false;
    if (lock->kind == PROFILE_LOCK_MUTEX)
        return !mutex_has_owner(address) || mutex_owner(address) == self->tid;
    if (lock->kind == PROFILE_LOCK_RWLOCK && !(held->mode & PROFILE_ACQUIRE_READ))
        return rwlock_writer(address) == self->tid;
    return lock->kind != PROFILE_LOCK_ONCE || once_is_running(address);
}

static void drop_released(struct thread_state *self)
{
    struct thread_locks *locks = &self->locks;

    for (uint32_t i = locks->held_count; i-- > 0;)
        if (!is_still_held(self, &locks->held[i]))
            lock_forget_held(locks, i);
}

// Not seen before, by this thread at least.
static cold uint32_t nest_anew(struct thread_state *self, const struct lock_state *lock,
                               unsigned mode, const struct host_frame *caller)
{
    struct thread_locks *locks = &self->locks;
    struct acquisition what = {0, lock, NULL, caller, {0}};

    drop_released(self);
    if (locks->held_count == 0)
        return 0;
    if (locks->held[locks->held_count - 1].nesting == NESTING_STALE)
        renew(self, caller);
    what.count = locks->held_count;
    set_key(locks, &what, mode);
    return nest_slowly(self, &what);
}

uint32_t lock_nest(struct thread_state *self, const struct lock_state *lock, unsigned mode,
                   const struct host_frame *caller)
{
    struct thread_locks *locks = &self->locks;
    struct acquisition what = {locks->held_count, lock, NULL, caller, {0}};
    uint32_t nesting;

    if (unlikely(locks->held[what.count - 1].nesting == NESTING_STALE))
        renew(self, caller);
    set_key(locks, &what, mode);
    return likely(find_cached(locks, &what.key, &nesting)) ? nesting
                                                           : nest_anew(self, lock, mode, caller);
}

void lock_nesting_reset(void)
{
    record_table_reset(&nestings);
    memset(buckets, 0, sizeof(buckets));
}
