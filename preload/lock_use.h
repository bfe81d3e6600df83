// SPDX-License-Identifier: MIT
//
// lock_use.h - what a thread does with locks: counts its acquisitions, knows which it holds, and
// for how long it did. The path of a lock and an unlock that nobody fights over: no clock, no
// atomic operation, no system call, and no store to anything another thread stores to.
//
// A thread finds a lock by its own small cache and counts in cells of its own (struct
// profile_lock_cell). What a thread holds is a list, latest last, that other threads may look at
// while they look for a deadlock.
#ifndef GAIAPROF_LOCK_USE_H
#define GAIAPROF_LOCK_USE_H

#include "preload/arch/stack.h"
#include "preload/compiler.h"
#include "preload/lock_table.h"
#include "preload/profile_format.h"

#include <stdbool.h>

// Cells of a thread slot, powers of two: as many more as it meets locks.
#define LOCK_CELLS_FIRST 128u
#define LOCK_CELLS_MAX (1u << 16)

// What tells apart how a lock is acquired while another one is held (lock_nesting.h).
struct nesting_key {
    uint64_t before; // `order` of what is held: held_lock << 32 | held
    uint64_t what;   // lock << 32 | held_mode << 16 | mode
};

#define NESTING_ENTRIES 128 // a power of two
struct nesting_cache {
    struct {
        struct nesting_key key;
        uint32_t nesting;
        bool is_partial; // a stack is missing
    } entries[NESTING_ENTRIES];
};

#define HELD_PENDING 1

// Of a thread that holds more locks at once the order is not looked at.
#define HELD_IN_ORDER 256

// A lock that a thread holds, and where it acquired it.
struct held_lock {
    struct lock_state *lock;
    uintptr_t pc, sp;  // of the hook's caller
    uint64_t start_ns; // 0: not timed; HELD_PENDING: neither, but its wait is to be counted
    // What a lock that is acquired next is nested in: this one, lock id << 32 | nesting (see
    // lock_nesting.h); where the thread held it before, what that is for the entry before.
    uint64_t order;
    uint16_t order_mode;
    uint16_t mode;  // of enum profile_acquire_mode
    uint32_t stack; // 0: not captured, see held_lock_stack()
};

// Of so many acquisitions of a lock by a thread the stack is captured: most circles show then. And
// of as many more where one was missed.
#define LOCK_STACKS 16
#define LOCK_STACKS_MORE 64

// What a thread waits for, for others to see. A wait that was cancelled, or that a handler jumped
// out of, is found here by the next one, or at the thread's end.
struct lock_waiting {
    struct lock_state *counted; // it is one of the waiters of that; NULL: it does not wait
    uint32_t number;            // of its waits
    uint64_t start_ns;
    struct profile_thread *joined;

    // of waits that can be part of a deadlock
    uint32_t turn; // odd while it waits
    uint32_t mode;
    uint32_t blocks_owner; // the lock would block the thread that has it
    uint32_t stack;
    uint32_t reported; // the turn that a report of a deadlock was about
    struct lock_state *lock;
};

// A lock that the thread has met, and the latest of its acquisitions whose stack was captured.
struct met_lock {
    struct lock_state *lock;
    uintptr_t pc, sp; // of the hook's caller
    uint32_t stack;
    uint32_t stacks_until; // acquisitions in the thread's cell up to which stacks are captured
};

// A wait that has ended and is not counted yet (lock_wait_acquired).
struct pending_wait {
    struct lock_state *lock; // NULL: none
    uint64_t start_ns, end_ns;
    uint32_t stack;
};

struct thread_locks {
    struct met_lock *cache; // cell_mask + 1, beside the cells
    struct profile_lock_cell *cells;
    uint32_t cell_mask;
    uint32_t cell_misses; // since there are so many
    struct held_lock *held;
    uint32_t held_count, held_room;
    struct lock_state *on_stack; // locks in the thread's own stack, latest first
    uint32_t until_timed;        // acquisitions to the next hold that is timed
    uint32_t random;
    uint32_t quick_room; // of lock_acquired_quickly(): held_room, 0 where holds are timed
    struct nesting_cache *nestings;
    struct lock_waiting waiting;
    struct pending_wait pending;
};

// A new slot, and a slot that another thread takes over.
void thread_locks_init(struct thread_locks *locks);
void thread_locks_begin(struct thread_locks *locks, uint32_t serial);

// All bits of the mask depend on all of the address, for as few cells as for many: of addresses at
// any distance from each other, as many as there are cells, fill more than half of them.
static inline unsigned lock_cell_of(const struct thread_locks *locks, const void *address)
{
    uint64_t hash = ((uintptr_t)address >> 3) * UINT64_C(0x9e3779b97f4a7c15);

    return (unsigned)(hash >> 36 ^ hash >> 52) & locks->cell_mask;
}

// The lock with the thread's cell for it. NULL without room.
struct lock_state *lock_of(struct thread_state *self, const void *address,
                           enum profile_lock_kind kind, const struct host_frame *caller,
                           struct profile_lock_cell **ret_cell);

// The calling thread, in a hook, has acquired a lock of a kind that has an owner.
void lock_acquired(struct thread_state *self, const void *address, enum profile_lock_kind kind,
                   unsigned mode, const struct host_frame *caller);
// The same in the case that is by far the most frequent. False: nothing is done, lock_acquired() is
// to follow.
static inline __attribute__((always_inline)) bool
lock_acquired_quickly(struct thread_locks *locks, uint32_t serial, const void *address,
                      enum profile_lock_kind kind, unsigned mode, const struct host_frame *caller);

// ... of a kind that has none (a semaphore), or that others have at the same time.
void lock_passed(struct thread_state *self, const void *address, enum profile_lock_kind kind,
                 const struct host_frame *caller);
void lock_try_failed(struct thread_state *self, const void *address, enum profile_lock_kind kind,
                     const struct host_frame *caller);
// A robust mutex whose owner had died; beside lock_acquired().
void lock_owner_died(struct thread_state *self, const void *address,
                     const struct host_frame *caller);

// The calling thread is about to release what it holds at `address`; tells those who wait where.
// Returns the lock there, held by it or not; NULL: none is known.
struct lock_state *lock_released(struct thread_state *self, const void *address,
                                 enum profile_lock_kind kind, const struct host_frame *caller);

// A release that others wait for, from before the real one to after it: what it takes to write down
// who it was must not keep them waiting.
struct lock_release {
    struct handover *handover; // NULL: nobody waits
};
struct lock_state *lock_release_begins(struct thread_state *self, const void *address,
                                       enum profile_lock_kind kind, struct lock_release *release,
                                       const struct host_frame *caller);
void lock_release_ends(struct thread_state *self, const struct lock_release *release,
                       const struct host_frame *caller);

// The same where nothing more is to be done than to take it off the list: it was acquired last, and
// nobody waits for it (of a mutex the caller asks). False: lock_released() is to follow.
static inline bool lock_release_quickly(struct thread_locks *locks, const void *address,
                                        enum profile_lock_kind kind)
{
    uint32_t count = locks->held_count;
    const struct held_lock *held = &locks->held[count - 1];

    if (unlikely(count == 0) || unlikely(!lock_is(held->lock, address, kind)) ||
        (kind != PROFILE_LOCK_MUTEX && unlikely(atomic_get(&held->lock->waiters))) ||
        unlikely(held->start_ns))
        return false;
    atomic_set(&locks->held_count, count - 1);
    return true;
}

static inline uint64_t lock_order(const struct lock_state *lock, uint32_t nesting)
{
    return (uint64_t)lock->id << 32 | nesting;
}

static inline struct nesting_key lock_nesting_key(const struct held_lock *before,
                                                  const struct lock_state *lock, unsigned mode)
{
    return (struct nesting_key){before->order,
                                (uint64_t)lock->id << 32 | before->order_mode << 16 | mode};
}

static inline unsigned lock_nesting_place(const struct nesting_key *key)
{
    uint64_t sum = key->before * 5 + (key->what >> 32) + (key->before >> 32);

    return (unsigned)sum % NESTING_ENTRIES;
}

// Whether the thread's cache has the nesting of that key. Not where the held lock's stack is at
// hand, and was not when it was entered.
static inline bool lock_nesting_cached(const struct thread_locks *locks,
                                       const struct nesting_key *key, bool has_stack,
                                       uint32_t *ret_nesting)
{
    unsigned place = lock_nesting_place(key);

    if (unlikely(!locks->nestings) ||
        unlikely(locks->nestings->entries[place].key.before != key->before) ||
        unlikely(locks->nestings->entries[place].key.what != key->what))
        return false;
    if (unlikely(locks->nestings->entries[place].is_partial) && has_stack)
        return false;
    *ret_nesting = locks->nestings->entries[place].nesting;
    return true;
}

// Counts an acquisition whose cell is at hand, and puts the lock on the list.
static inline __attribute__((always_inline)) void
lock_hold_quickly(struct thread_locks *locks, struct lock_state *lock, unsigned cell,
                  uint32_t nesting, unsigned mode, const struct host_frame *caller)
{
    uint32_t count = locks->held_count;
    struct held_lock *held = &locks->held[count];

    counter_add(&locks->cells[cell].acquisitions, 1);
    atomic_set(&held->lock, lock);
    held->pc = caller->pc;
    held->sp = host_frame_sp(caller);
    held->order = lock_order(lock, nesting);
    held->start_ns = 0;
    held->order_mode = (uint16_t)mode;
    atomic_set(&held->mode, (uint16_t)mode);
    held->stack = 0;
    atomic_publish(&locks->held_count, count + 1);
}

// While others are held.
bool lock_nested_quickly(struct thread_locks *locks, struct lock_state *lock, unsigned cell,
                         unsigned mode, const struct host_frame *caller);

static inline __attribute__((always_inline)) bool
lock_acquired_quickly(struct thread_locks *locks, uint32_t serial, const void *address,
                      enum profile_lock_kind kind, unsigned mode, const struct host_frame *caller)
{
    unsigned cell = lock_cell_of(locks, address);
    struct lock_state *lock = locks->cache[cell].lock;

    if (unlikely(!lock) || unlikely(!lock_is(lock, address, kind)) ||
        (unlikely(atomic_get(&lock->last_owner) != serial) && !(mode & PROFILE_ACQUIRE_READ)) ||
        unlikely(locks->held_count >= locks->quick_room) ||
        unlikely(locks->cells[cell].acquisitions < locks->cache[cell].stacks_until))
        return false;
    if (unlikely(locks->held_count))
        return lock_nested_quickly(locks, lock, cell, mode, caller);
    lock_hold_quickly(locks, lock, cell, 0, mode, caller);
    return true;
}

// Whether the thread holds it still, as far as the lock itself tells: it may have been unlocked by
// another thread, or where we don't see it.
bool lock_is_still_held(const struct thread_state *self, const struct held_lock *held);

// Takes entry `index` off the list.
void lock_forget_held(struct thread_locks *locks, uint32_t index);

// Where a thread acquired what it holds: if the stack was not captured then, it is put together
// from the thread's latest one. Of the calling thread, or one that is blocked.
uint32_t held_lock_stack(const struct thread_state *thread, const struct held_lock *held);

// Has more stacks captured of a lock that the calling thread holds.
void lock_want_stacks(struct thread_locks *locks, const struct held_lock *held);

// Where `owner`, which may run, acquired a lock that it holds. 0: unknown.
uint32_t lock_owner_stack(const struct thread_state *self, const struct thread_state *owner,
                          const struct lock_state *lock);

// The latest entry of a lock on a thread's list; -1: none.
int lock_find_held(const struct thread_locks *locks, const struct lock_state *lock);

// The thread ends: what it holds still.
void lock_thread_ends(struct thread_state *self);

#endif
