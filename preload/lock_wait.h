// SPDX-License-Identifier: MIT
//
// lock_wait.h - a thread that waits for a lock: for how long, from where, and because of whom.
// Nobody comes here whose first attempt succeeded.
//
// Who releases a lock that others wait for writes down when and where it did (a *handover*). A
// waiter that gets on divides its time between the handovers of that time: up to each one, its
// holder was in the way.
#ifndef GAIAPROF_LOCK_WAIT_H
#define GAIAPROF_LOCK_WAIT_H

#include "preload/lock_table.h"

#include <stdbool.h>
#include <stdint.h>

struct handover;

enum lock_outcome {
    LOCK_ACQUIRED,
    LOCK_TIMED_OUT,
    LOCK_FAILED, // something else, which is no wait
};

// A call that waits. On the hook's stack, from lock_wait_begin() to lock_wait_end().
struct lock_call {
    struct lock_state *lock;   // NULL: not recorded
    struct thread_state *self; // another by the end: a child made by fork, in a handler
    uint64_t start_ns;
    uint32_t stack;
    uint32_t number; // of the thread's waits
};

// The calling thread is about to wait for the lock; not in a hook. `mode` (enum
// profile_acquire_mode) says TRY if it does not wait for ever.
void lock_wait_begin(struct lock_call *call, const void *address, enum profile_lock_kind kind,
                     unsigned mode, const struct host_frame *caller);
// ... for the end of a thread, since call->start_ns.
void lock_wait_begin_join(struct lock_call *call, struct profile_thread *joined, unsigned mode,
                          const struct host_frame *caller);

// The wait is over. The acquisition itself is the caller's to count. Never called for a wait that
// is cancelled, or that a handler jumps out of: no cleanup handler of ours is there, since a jump
// would leave it registered. The thread's next wait or its end finds it (lock_wait_undo).
void lock_wait_end(struct lock_call *call, enum lock_outcome outcome);

// The same for a lock that the thread has now and will let go: it is counted then, so that nobody
// waits for that as well. Or at the thread's next wait, or its end.
void lock_wait_acquired(struct lock_call *call);

// Counts a wait that was put off, unless it is not known yet because of whom it was; or `at_once`.
// The thread is in a hook, has ended, or is held.
void lock_count_pending(struct thread_state *self, bool at_once);

// The calling thread waits no more, if it did.
void lock_wait_undo(struct thread_state *self);

// Whether somebody waits for a lock whose memory is there: a mutex says so itself.
bool lock_has_waiters(const struct lock_state *lock);

// Whether somebody waits who came after the latest handover: the others may be on their way out.
bool lock_has_waiter_left(const struct lock_state *lock);

// The calling thread, in a hook, lets on somebody who waits for the lock.
void lock_hand_over(struct thread_state *self, struct lock_state *lock,
                    const struct host_frame *caller);

// Threads that wait for the end of another.
extern uint32_t lock_joins_waiting;

// The same in two steps: with the lock held what tells when, after it is let go what tells where.
struct handover *lock_begin_handover(struct lock_state *lock, const struct host_frame *caller);
void lock_end_handover(struct thread_state *self, struct handover *handover,
                       const struct host_frame *caller);

void lock_wait_reset(void); // in a child made by fork

#endif
