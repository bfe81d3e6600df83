// SPDX-License-Identifier: MIT
//
// profile_locks.h - the part of the model that is about locks: who waited, behind whom, in which
// order they were taken, what deadlocked, what was done wrong. Belongs to profile.h.
#ifndef GAIAPROF_PROFILE_LOCKS_H
#define GAIAPROF_PROFILE_LOCKS_H

#include "preload/profile_format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame;
struct place;
struct suppression;

struct lock_wait {
    uint32_t stack;
    const struct place *place; // see lock_places.h
    bool hidden;               // by --focus or --ignore
    int64_t count, wait_ns, wait_max_ns, timeouts, handoff_ns;
    int64_t histogram[PROFILE_WAIT_BUCKETS];
};

// A stack whose unlock let waiters on.
struct lock_holder {
    uint32_t stack;
    const struct place *place; // see lock_places.h
    bool hidden;
    int64_t count, wait_ns;
};

struct lock_pair {
    uint32_t waiter, holder; // indices of the lock's waits and holders
    int64_t count, wait_ns;
};

// The figures are sums over all slots.
struct lock {
    uint32_t id;
    const char *name; // symbol, symbol+offset, allocating function+offset, or address
    const char *base; // the name without its offset, of a variable or in_block; else NULL
    bool in_block;    // named by block_place, which allocated the block around it
    const struct place *block_place;
    uint64_t symbol_offset;                    // in the variable
    const struct frame *maker, *maker_wrapper; // these four: see lock_places.h
    bool in_array;
    const char *owner; // module of the runtime whose lock it is
    const struct suppression *suppressed;
    uint64_t address;
    uint32_t generation;
    uint32_t kind;  // enum profile_lock_kind
    uint32_t flags; // enum profile_lock_flag
    uint32_t end;   // enum profile_lock_end
    uint32_t creation_stack;
    bool initialised; // creation_stack is where
    uint32_t block_stack;
    uint64_t block_offset;
    uint32_t modules_generation;
    int64_t acquisitions, contentions, timeouts, try_failed, owner_died, owner_changes;
    int64_t wait_ns, wait_max_ns, handoff_ns;
    int64_t wait_p50_ns, wait_p99_ns;    // -1: unknown
    int64_t holds, hold_ns, hold_max_ns; // hold_ns is of all holds, where they are sampled: about
    struct lock_wait *waits;             // longest first
    size_t wait_count;
    struct lock_holder *holders; // who made others wait longest first
    size_t holder_count;
    struct lock_pair *pairs; // longest first
    size_t pair_count;
};

static inline bool lock_is_idle_kind(uint32_t kind)
{
    return kind >= PROFILE_LOCK_KIND_IDLE;
}

// What a thread holds from an acquisition to an unlock.
static inline bool lock_is_held(uint32_t kind)
{
    return kind == PROFILE_LOCK_MUTEX || kind == PROFILE_LOCK_RWLOCK || kind == PROFILE_LOCK_SPIN;
}

// The upper end of the bucket with the wait that `percent` of all are no longer than; -1: no waits.
int64_t wait_percentile(const int64_t *histogram, int percent, int64_t max_ns);

// --- order

#define ORDER_NO_LOCK UINT32_MAX

// `thread` holds locks[from], which it acquired at stack_from, and acquires (in a deadlock: waits
// for) locks[to] at stack_to.
struct order_edge {
    uint32_t from; // ORDER_NO_LOCK: the first thread before an orphan holds nothing known
    uint32_t to;
    uint32_t thread;
    uint32_t stack_from, stack_to;
    uint32_t owner, owner_stack; // of a deadlock: who holds locks[to], and where it got it; or 0
    uint32_t mode;               // enum profile_acquire_mode, of locks[to]
};

enum order_kind { ORDER_DEADLOCK, ORDER_POTENTIAL, ORDER_INCONSISTENCY };

struct order_cycle {
    enum order_kind kind;
    const char *why; // NULL: of a potential deadlock
    uint32_t number; // of a deadlock
    uint64_t time_ns;
    const struct lock **locks;
    size_t lock_count;
    struct order_edge *edges;
    size_t edge_count;
    const struct suppression *suppressed;
    bool hidden;
};

struct lock_misuse {
    struct profile_lock_misuse record;
    const struct lock *lock;
    const struct suppression *suppressed;
    bool hidden;
};

#endif
