// SPDX-License-Identifier: MIT
//
// hooks_lock.h - what the hooks of all locks have in common. The first attempt is a try where that
// means the same as the call itself: if it succeeds nobody was in the way, and no clock is read.
// Else the real call waits, between lock_wait_begin() and lock_wait_end(); the guard is never held
// there.
#ifndef GAIAPROF_HOOKS_LOCK_H
#define GAIAPROF_HOOKS_LOCK_H

#include "preload/compiler.h"
#include "preload/lock_use.h"
#include "preload/lock_wait.h"
#include "preload/real.h"
#include "preload/recording.h"

#include <errno.h>
#include <time.h>

// A wait is over, and the thread has what it waited for until it lets it go.
static inline void hook_waited_for(struct lock_call *call, bool is_acquired,
                                   enum lock_outcome otherwise)
{
    if (is_acquired)
        lock_wait_acquired(call);
    else
        lock_wait_end(call, otherwise);
}

// What most hooks begin with: whether to do more than libc would. False as well where libc's
// functions are not known yet; then real_find() comes first.
static inline bool hook_records_locks(void)
{
    return likely(recording_gate.has_locks);
}

static inline void hook_acquired(const void *address, enum profile_lock_kind kind, unsigned mode,
                                 const struct host_frame *caller)
{
    struct thread_state *self = recording_enter(caller);

    if (unlikely(!self))
        return;
    lock_acquired(self, address, kind, mode, caller);
    recording_leave();
}

// Enters the hook of a lock that is about to be tried: a try does not wait, so the guard is held
// meanwhile. False: nothing is done, the slow way is to follow.
static inline __attribute__((always_inline)) bool hook_enter_quickly(void)
{
    if (unlikely(guard_sp) || unlikely(!thread_self))
        return false;
    guard_sp = arch_stack_pointer();
    __asm__ volatile("" ::: "memory");
    if (likely(recording_gate.has_locks))
        return true;
    guard_leave();
    return false;
}

// The lock is acquired. False: not all is recorded, hook_acquired_slowly() is to follow.
static inline __attribute__((always_inline)) bool
hook_acquired_quickly(const void *address, enum profile_lock_kind kind, unsigned mode,
                      const struct host_frame *caller)
{
    struct thread_state *self = thread_self;
    bool is_done = lock_acquired_quickly(&self->locks, self->serial, address, kind, mode, caller);

    guard_leave();
    return is_done;
}

// The rest of it, where hook_acquired_quickly() was false. Returns 0, as the hook will.
HOOK int hook_acquired_slowly(const void *address, enum profile_lock_kind kind, unsigned mode,
                              const struct host_frame *caller);

static inline void hook_passed(const void *address, enum profile_lock_kind kind,
                               const struct host_frame *caller)
{
    struct thread_state *self = recording_enter(caller);

    if (unlikely(!self))
        return;
    lock_passed(self, address, kind, caller);
    recording_leave();
}

static inline void hook_try_failed(const void *address, enum profile_lock_kind kind,
                                   const struct host_frame *caller)
{
    struct thread_state *self = recording_enter(caller);

    if (!self)
        return;
    lock_try_failed(self, address, kind, caller);
    recording_leave();
}

static inline void hook_initialised(const void *address, enum profile_lock_kind kind,
                                    uint32_t flags, const struct host_frame *caller)
{
    struct thread_state *self = hook_records_locks() ? recording_enter(caller) : NULL;

    if (!self)
        return;
    lock_initialised(self, address, kind, flags, caller);
    recording_leave();
}

static inline void hook_destroyed(const void *address, const struct host_frame *caller)
{
    if (!hook_records_locks() || !recording_enter(caller))
        return;
    lock_destroyed(address);
    recording_leave();
}

// What lets on others without having been held (a semaphore, a condition).
static inline void hook_hand_over(const void *address, const struct host_frame *caller)
{
    struct thread_state *self = hook_records_locks() ? recording_enter(caller) : NULL;
    struct lock_state *lock = self ? lock_find(address) : NULL;

    if (lock && atomic_get(&lock->waiters))
        lock_hand_over(self, lock, caller);
    if (self)
        recording_leave();
}

// Others may be waiting for what is about to be destroyed.
void hook_check_waiters(const void *address, const struct host_frame *caller);

// After a real unlock that lock_release_begins() came before.
static inline void hook_release_ends(const struct lock_release *release,
                                     const struct host_frame *caller)
{
    struct thread_state *self = recording_enter(caller);

    if (!self)
        return;
    lock_release_ends(self, release, caller);
    recording_leave();
}

// Before a real unlock: true where nothing but a jump to it is left to do.
static inline bool hook_released_quickly(const void *address, enum profile_lock_kind kind)
{
    struct thread_state *self = thread_self;

    return likely(recording_gate.has_locks) && likely(self) && likely(!guard_is_held()) &&
           likely(lock_release_quickly(&self->locks, address, kind));
}

// Of calls with a time limit: whether glibc would look at the lock before it looks at the limit. It
// refuses a bad one at once, or only when it has to wait; then a try comes to the same.
static inline bool hook_is_valid_limit(clockid_t clock, const struct timespec *until)
{
    return (clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC) && until && until->tv_nsec >= 0 &&
           until->tv_nsec < 1000000000;
}

#endif
