// SPDX-License-Identifier: MIT
//
// lock_wait.c - waits for locks, see lock_wait.h. Several threads may store to the same records, so
// these counters are atomic; a wait costs more than that.
#include "preload/lock_wait.h"

#include "preload/compiler.h"
#include "preload/deadlock.h"
#include "preload/glibc_locks.h"
#include "preload/lock_use.h"
#include "preload/record_table.h"
#include "preload/recording.h"
#include "preload/slab.h"
#include "preload/stack_capture.h"
#include "preload/stack_table.h"
#include "preload/sys.h"
#include "preload/timeline.h"

#include <string.h>

#define WAIT_BUCKETS (1u << 12)
#define PAIR_BUCKETS (1u << 12)
#define HANDOVERS 16 // remembered of a lock; a wait that outlasts more gives the rest to the oldest

RECORD_TABLE(waits, PROFILE_CHUNK_LOCK_WAITS, profile_lock_wait, 5, 1u << 14);
RECORD_TABLE(pairs, PROFILE_CHUNK_LOCK_PAIRS, profile_lock_pair, 6, 1u << 14);

static uint32_t wait_buckets[WAIT_BUCKETS];
static uint32_t pair_buckets[PAIR_BUCKETS];

uint32_t lock_joins_waiting;

struct handover {
    uint64_t time_ns;
    uintptr_t pc;    // of the hook's caller
    uint32_t stack;  // 0: not known yet
    uint32_t number; // published: which one of the lock it is, from 1
};

struct lock_handovers {
    uint32_t count; // so far
    struct handover latest[HANDOVERS];
};

static uint32_t *bucket_of(uint32_t *buckets, uint32_t a, uint32_t b)
{
    return &buckets[((uint64_t)a << 32 | b) * UINT64_C(0x9e3779b97f4a7c15) >> 52];
}
static_assert(WAIT_BUCKETS == 1 << (64 - 52) && PAIR_BUCKETS == WAIT_BUCKETS, "of the hash");

static void push(uint32_t *bucket, uint32_t *next, uint32_t id)
{
    uint32_t head = atomic_get_acquire(bucket);

    do
        atomic_set(next, head);
    while (!atomic_swap_if(bucket, &head, id));
}

// Two threads that come at once make two records: they add up.
static struct profile_lock_wait *find_wait(uint32_t lock, uint32_t stack, uint32_t *ret_id)
{
    uint32_t *bucket = bucket_of(wait_buckets, lock, stack), id;
    struct profile_lock_wait *wait;

    for (id = atomic_get_acquire(bucket); id; id = wait->next) {
        wait = record_table_at(&waits, id);
        *ret_id = id;
        if (wait->lock == lock && wait->stack == stack)
            return wait;
    }
    wait = record_table_reserve(&waits, PROFILE_DROP_MEMORY, &id);
    if (!wait)
        return NULL;
    *ret_id = id;
    wait->stack = stack;
    atomic_publish(&wait->lock, lock);
    push(bucket, &wait->next, id);
    return wait;
}

static struct profile_lock_pair *find_pair(uint32_t wait, uint32_t holder_stack)
{
    uint32_t *bucket = bucket_of(pair_buckets, wait, holder_stack), id;
    struct profile_lock_pair *pair;

    for (id = atomic_get_acquire(bucket); id; id = pair->next) {
        pair = record_table_at(&pairs, id);
        if (pair->wait == wait && pair->holder_stack == holder_stack)
            return pair;
    }
    pair = record_table_reserve(&pairs, PROFILE_DROP_MEMORY, &id);
    if (!pair)
        return NULL;
    pair->holder_stack = holder_stack;
    atomic_publish(&pair->wait, wait);
    push(bucket, &pair->next, id);
    return pair;
}

static void charge(uint32_t wait, uint32_t holder_stack, uint64_t wait_ns, bool is_last)
{
    struct profile_lock_pair *pair = find_pair(wait, holder_stack);

    if (!pair)
        return;
    atomic_add(&pair->wait_ns, wait_ns);
    if (is_last)
        atomic_add(&pair->count, 1);
}

// Of a thread that was stopped before it said more.
static uint32_t stack_of(const struct handover *handover)
{
    uint32_t stack = atomic_get(&handover->stack);
    uintptr_t pc = atomic_get(&handover->pc);

    return stack ? stack : stack_table_intern(&pc, 1, PROFILE_MARKER_RETURNED);
}

// Divides [start_ns, end_ns] between the holders that handed over in that time, latest first: each
// has what lies between the handover before it and its own, the latest what came after it as well.
// Returns the time of the latest, 0 if there was none.
static uint64_t charge_holders(const struct lock_handovers *handovers, uint32_t wait,
                               uint64_t start_ns, uint64_t end_ns, bool is_divided)
{
    uint32_t count = atomic_get_acquire(&handovers->count), stack = 0;
    uint64_t latest_ns = 0, until_ns = end_ns;
    bool is_last = true;

    for (uint32_t i = 0; i < HANDOVERS && i < count; i++) {
        const struct handover *handover = &handovers->latest[(count - 1 - i) % HANDOVERS];
        bool is_there = atomic_get_acquire(&handover->number) == count - i;
        uint64_t time_ns = atomic_get(&handover->time_ns);

        if (is_there && time_ns <= start_ns)
            break;
        if (!is_there || time_ns > until_ns) // being written, or after the end
            continue;
        if (latest_ns) {
            charge(wait, stack, until_ns - time_ns, is_last);
            until_ns = time_ns;
            is_last = false;
        } else {
            latest_ns = time_ns;
        }
        stack = stack_of(handover);
        if (!is_divided)
            break;
    }
    if (latest_ns)
        charge(wait, stack, until_ns - start_ns, is_last);
    return latest_ns;
}

// Whether a handover of that time is not known in full yet: its thread is about to write it down.
static bool is_unfinished(const struct lock_handovers *handovers, uint64_t start_ns,
                          uint64_t end_ns)
{
    uint32_t count = atomic_get_acquire(&handovers->count);

    for (uint32_t i = 0; i < HANDOVERS && i < count; i++) {
        const struct handover *handover = &handovers->latest[(count - 1 - i) % HANDOVERS];
        uint64_t time_ns = atomic_get(&handover->time_ns);

        if (atomic_get_acquire(&handover->number) != count - i)
            return true;
        if (time_ns <= start_ns)
            return false;
        if (time_ns <= end_ns && !atomic_get(&handover->stack))
            return true;
    }
    return false;
}

struct handover *lock_begin_handover(struct lock_state *lock, const struct host_frame *caller)
{
    struct lock_handovers *handovers = atomic_get_acquire(&lock->handovers);
    struct handover *handover;
    uint32_t index;

    if (!handovers)
        return NULL;
    // its number comes last: until then it is that of the handover it replaces, whose time is
    // before any wait that is still to be divided
    index = atomic_add(&handovers->count, 1);
    handover = &handovers->latest[index % HANDOVERS];
    atomic_set(&handover->stack, 0);
    atomic_set(&handover->pc, caller->pc);
    atomic_set(&handover->time_ns, sys_monotonic_ns());
    atomic_publish(&handover->number, index + 1);
    return handover;
}

// Another may have taken its place meanwhile, of a lock that is let go all the time: then that
// one's stack, which is about to come, is this one for a moment.
void lock_end_handover(struct thread_state *self, struct handover *handover,
                       const struct host_frame *caller)
{
    uint32_t stack = stack_capture(self, caller), none = 0;

    if (atomic_get(&handover->pc) == caller->pc)
        atomic_swap_if(&handover->stack, &none, stack);
}

void lock_hand_over(struct thread_state *self, struct lock_state *lock,
                    const struct host_frame *caller)
{
    struct handover *handover = lock_begin_handover(lock, caller);

    if (handover)
        lock_end_handover(self, handover, caller);
}

static bool reserve_handovers(struct lock_state *lock)
{
    struct lock_handovers *none = NULL, *fresh;

    if (atomic_get_acquire(&lock->handovers))
        return true;
    fresh = slab_allocate(sizeof(*fresh));
    if (fresh)
        atomic_swap_if(&lock->handovers, &none, fresh);
    return atomic_get_acquire(&lock->handovers) != NULL;
}

// --- what a thread waits for

// Whether the wait can be part of a deadlock: not if it ends by itself, or nobody can tell who ends
// it.
static bool is_for_ever(const struct lock_state *lock, unsigned mode)
{
    return !(mode & PROFILE_ACQUIRE_TRY) && lock->kind != PROFILE_LOCK_SEMAPHORE &&
           (lock->kind < PROFILE_LOCK_KIND_IDLE || lock->kind == PROFILE_LOCK_JOIN);
}

// Whether it lets a thread that has it wait for itself: else the call is refused, or counted.
static bool blocks_owner(const struct lock_state *lock)
{
    if (lock->kind == PROFILE_LOCK_MUTEX)
        return mutex_blocks_owner((const void *)(uintptr_t)lock->place);
    return lock->kind != PROFILE_LOCK_RWLOCK;
}

// A mutex tells whether threads wait for it, and its line is at hand where that is asked.
static bool counts_waiters(const struct lock_state *lock)
{
    return lock->kind != PROFILE_LOCK_MUTEX;
}

bool lock_has_waiters(const struct lock_state *lock)
{
    return counts_waiters(lock) ? atomic_get(&lock->waiters) != 0
                                : mutex_has_waiters((const void *)(uintptr_t)lock->place);
}

static void stop_waiting(struct thread_state *self)
{
    struct lock_waiting *waiting = &self->locks.waiting;

    if (counts_waiters(waiting->counted))
        __atomic_fetch_sub(&waiting->counted->waiters, 1, __ATOMIC_RELAXED);
    if (waiting->joined)
        __atomic_fetch_sub(&lock_joins_waiting, 1, __ATOMIC_RELAXED);
    waiting->counted = NULL;
    atomic_publish(&waiting->turn, (waiting->turn + 1) & ~1u);
}

cold void lock_wait_undo(struct thread_state *self)
{
    struct lock_waiting *waiting = &self->locks.waiting;

    if (!waiting->counted)
        return;
    stop_waiting(self);
    if (waiting->joined) // another thread may join it
        atomic_set(&waiting->joined->join_claim, 0);
}

static uint64_t latest_handover_ns(const struct lock_state *lock)
{
    const struct lock_handovers *handovers = atomic_get_acquire(&lock->handovers);
    uint32_t count = handovers ? atomic_get_acquire(&handovers->count) : 0;

    return count ? handovers->latest[(count - 1) % HANDOVERS].time_ns : 0;
}

cold bool lock_has_waiter_left(const struct lock_state *lock)
{
    uint64_t latest_ns = latest_handover_ns(lock);

    if (!atomic_get_acquire(&lock->handovers) ||
        (counts_waiters(lock) && !atomic_get(&lock->waiters)))
        return false;
    for (uint32_t slot = 0; slot < thread_slot_count(); slot++) {
        const struct thread_state *thread = thread_in_slot(slot);
        const struct lock_waiting *waiting = thread ? &thread->locks.waiting : NULL;

        if (waiting && atomic_get_acquire(&waiting->counted) == lock &&
            atomic_get(&waiting->start_ns) > latest_ns)
            return true;
    }
    return false;
}

static void begin(struct lock_call *call, struct thread_state *self, struct lock_state *lock,
                  unsigned mode, struct profile_thread *joined, const struct host_frame *caller)
{
    struct lock_waiting *waiting = &self->locks.waiting;

    // of a thread that holds something others may want to know where it came from
    call->stack =
        self->locks.held_count ? stack_capture_fresh(self, caller) : stack_capture(self, caller);
    reserve_handovers(lock);
    lock_count_pending(self, true);
    lock_wait_undo(self);
    call->lock = lock;
    call->self = self;
    call->number = ++waiting->number;
    if (counts_waiters(lock))
        atomic_add(&lock->waiters, 1);
    atomic_set(&waiting->joined, joined);
    atomic_set(&waiting->start_ns, call->start_ns);
    atomic_publish(&waiting->counted, lock);
    if (joined)
        atomic_add(&lock_joins_waiting, 1);
    if (!is_for_ever(lock, mode))
        return;
    atomic_set(&waiting->lock, lock);
    atomic_set(&waiting->mode, mode);
    atomic_set(&waiting->blocks_owner, blocks_owner(lock));
    waiting->stack = call->stack;
    // whoever closes a circle must see all others in it, so each stores before it looks
    __atomic_store_n(&waiting->turn, waiting->turn | 1, __ATOMIC_SEQ_CST);
    deadlock_check(self);
}

void lock_wait_begin(struct lock_call *call, const void *address, enum profile_lock_kind kind,
                     unsigned mode, const struct host_frame *caller)
{
    struct profile_lock_cell *cell;
    struct thread_state *self;
    struct lock_state *lock;

    call->start_ns = sys_monotonic_ns();
    call->lock = NULL;
    self = recording_enter(caller);
    if (!self)
        return;
    lock = lock_of(self, address, kind, caller, &cell);
    if (lock)
        begin(call, self, lock, mode, NULL, caller);
    recording_leave();
}

void lock_wait_begin_join(struct lock_call *call, struct profile_thread *joined, unsigned mode,
                          const struct host_frame *caller)
{
    struct thread_state *self;
    struct lock_state *lock;

    call->lock = NULL;
    self = recording_enter(caller);
    if (!self)
        return;
    lock = lock_of_joins(joined->creation_stack);
    if (lock)
        begin(call, self, lock, mode, joined, caller);
    recording_leave();
}

static unsigned histogram_bucket(uint64_t ns)
{
    unsigned bucket = 63u - (unsigned)__builtin_clzll(ns | 1);

    return bucket < PROFILE_WAIT_BUCKETS ? bucket : PROFILE_WAIT_BUCKETS - 1;
}

// Where a wait is counted: in the record of its stack, or without room for one in the lock's.
struct wait_counters {
    uint64_t *count, *wait_ns, *wait_max_ns, *timeouts, *handoff_ns;
};

static void count_wait(const struct wait_counters *counters, uint64_t wait_ns, bool is_timeout,
                       uint64_t handoff_ns)
{
    atomic_add(counters->count, 1);
    atomic_add(counters->wait_ns, wait_ns);
    atomic_raise(counters->wait_max_ns, wait_ns);
    if (is_timeout)
        atomic_add(counters->timeouts, 1);
    if (handoff_ns)
        atomic_add(counters->handoff_ns, handoff_ns);
}

static void count(struct thread_state *self, const struct lock_call *call, bool is_timeout,
                  uint64_t end_ns)
{
    struct lock_state *lock = call->lock;
    struct profile_lock *record = lock->record;
    uint64_t wait_ns = end_ns - call->start_ns, handover_ns = 0;
    uint32_t id = 0;
    struct profile_lock_wait *wait = find_wait(lock->id, call->stack, &id);

    if (lock->kind < PROFILE_LOCK_KIND_IDLE)
        counter_add(&self->record->lock_wait_ns, wait_ns);
    timeline_look(end_ns);
    if (!wait) {
        count_wait(&(struct wait_counters){&record->contentions, &record->wait_ns,
                                           &record->wait_max_ns, &record->timeouts,
                                           &record->handoff_ns},
                   wait_ns, is_timeout, 0);
        return;
    }
    if (lock->handovers && !(is_timeout && lock->kind >= PROFILE_LOCK_KIND_IDLE))
        handover_ns = charge_holders(lock->handovers, id, call->start_ns, end_ns,
                                     lock->kind < PROFILE_LOCK_KIND_IDLE);
    atomic_add(&wait->histogram[histogram_bucket(wait_ns)], 1);
    count_wait(&(struct wait_counters){&wait->count, &wait->wait_ns, &wait->wait_max_ns,
                                       &wait->timeouts, &wait->handoff_ns},
               wait_ns, is_timeout,
               handover_ns && lock->kind == PROFILE_LOCK_CONDITION ? end_ns - handover_ns : 0);
}

static const struct host_frame no_caller;

// When the wait ended; 0: it is not to be counted.
static uint64_t end_wait(const struct lock_call *call)
{
    struct thread_state *self = thread_self;
    uint64_t end_ns;

    if (!call->lock || self != call->self)
        return 0;
    end_ns = sys_monotonic_ns();
    if (self->locks.waiting.counted && self->locks.waiting.number == call->number)
        stop_waiting(self); // else a handler of this thread has waited meanwhile
    return end_ns;
}

void lock_wait_end(struct lock_call *call, enum lock_outcome outcome)
{
    uint64_t end_ns = end_wait(call);

    if (end_ns == 0 || outcome == LOCK_FAILED || !recording_enter(&no_caller))
        return;
    count(call->self, call, outcome == LOCK_TIMED_OUT, end_ns);
    recording_leave();
}

void lock_wait_acquired(struct lock_call *call)
{
    uint64_t end_ns = end_wait(call);
    struct pending_wait *pending;

    if (end_ns == 0)
        return;
    pending = &call->self->locks.pending;
    pending->start_ns = call->start_ns;
    pending->end_ns = end_ns;
    pending->stack = call->stack;
    __asm__ volatile("" ::: "memory");
    pending->lock = call->lock;
}

void lock_count_pending(struct thread_state *self, bool at_once)
{
    const struct pending_wait pending = self->locks.pending;
    const struct lock_call call = {
        .lock = pending.lock, .start_ns = pending.start_ns, .stack = pending.stack};

    if (!pending.lock)
        return;
    if (!at_once && pending.lock->handovers &&
        is_unfinished(pending.lock->handovers, pending.start_ns, pending.end_ns))
        return;
    self->locks.pending.lock = NULL;
    count(self, &call, false, pending.end_ns);
}

void lock_wait_reset(void)
{
    lock_joins_waiting = 0;
    if (waits.reserved == 0)
        return; // nothing is touched yet
    record_table_reset(&waits);
    record_table_reset(&pairs);
    memset(wait_buckets, 0, sizeof(wait_buckets));
    memset(pair_buckets, 0, sizeof(pair_buckets));
}
