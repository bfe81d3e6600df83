// SPDX-License-Identifier: MIT
//
// hooks_rwlock.c - pthread_rwlock_*. A try is what the real call does first, for readers and
// writers of every kind of preference.
#include "preload/glibc_locks.h"
#include "preload/hooks_lock.h"
#include "preload/hooks_pass.h"
#include "preload/misuse.h"

#define KIND PROFILE_LOCK_RWLOCK

static int waited(struct lock_call *call, pthread_rwlock_t *lock, int result, unsigned mode,
                  const struct host_frame *caller)
{
    hook_waited_for(call, result == 0, result == ETIMEDOUT ? LOCK_TIMED_OUT : LOCK_FAILED);
    if (result == 0)
        hook_acquired(lock, KIND, mode, caller);
    return result;
}

HOOK static int read_contended(pthread_rwlock_t *lock, const struct host_frame *caller)
{
    struct lock_call call;

    lock_wait_begin(&call, lock, KIND, PROFILE_ACQUIRE_READ, caller);
    return waited(&call, lock, real.pthread_rwlock_rdlock(lock), PROFILE_ACQUIRE_READ, caller);
}

HOOK static int read_slowly(pthread_rwlock_t *lock, const struct host_frame *caller)
{
    if (!hook_records_locks())
        return real_find() ? real.pthread_rwlock_rdlock(lock) : 0;
    if (real.pthread_rwlock_tryrdlock(lock) != 0)
        return read_contended(lock, caller);
    return hook_acquired_slowly(lock, KIND, PROFILE_ACQUIRE_READ, caller);
}

LEAN_EXPORT int pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
    if (unlikely(!hook_enter_quickly()))
        return read_slowly(lock, CALLER);
    if (unlikely(real.pthread_rwlock_tryrdlock(lock) != 0)) {
        guard_leave();
        return read_contended(lock, CALLER);
    }
    if (unlikely(!hook_acquired_quickly(lock, KIND, PROFILE_ACQUIRE_READ, CALLER)))
        return hook_acquired_slowly(lock, KIND, PROFILE_ACQUIRE_READ, CALLER);
    return 0;
}

HOOK static int write_contended(pthread_rwlock_t *lock, const struct host_frame *caller)
{
    struct lock_call call;

    lock_wait_begin(&call, lock, KIND, 0, caller);
    return waited(&call, lock, real.pthread_rwlock_wrlock(lock), 0, caller);
}

HOOK static int write_slowly(pthread_rwlock_t *lock, const struct host_frame *caller)
{
    if (!hook_records_locks())
        return real_find() ? real.pthread_rwlock_wrlock(lock) : 0;
    if (real.pthread_rwlock_trywrlock(lock) != 0)
        return write_contended(lock, caller);
    return hook_acquired_slowly(lock, KIND, 0, caller);
}

LEAN_EXPORT int pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
    if (unlikely(!hook_enter_quickly()))
        return write_slowly(lock, CALLER);
    if (unlikely(real.pthread_rwlock_trywrlock(lock) != 0)) {
        guard_leave();
        return write_contended(lock, CALLER);
    }
    if (unlikely(!hook_acquired_quickly(lock, KIND, 0, CALLER)))
        return hook_acquired_slowly(lock, KIND, 0, CALLER);
    return 0;
}

static int tried(pthread_rwlock_t *lock, int result, unsigned mode, const struct host_frame *caller)
{
    if (!hook_records_locks())
        return result;
    if (result == 0)
        hook_acquired(lock, KIND, mode | PROFILE_ACQUIRE_TRY, caller);
    else if (result == EBUSY)
        hook_try_failed(lock, KIND, caller);
    return result;
}

EXPORT int pthread_rwlock_tryrdlock(pthread_rwlock_t *lock)
{
    if (!real_find())
        return 0;
    return tried(lock, real.pthread_rwlock_tryrdlock(lock), PROFILE_ACQUIRE_READ, CALLER);
}

EXPORT int pthread_rwlock_trywrlock(pthread_rwlock_t *lock)
{
    if (!real_find())
        return 0;
    return tried(lock, real.pthread_rwlock_trywrlock(lock), 0, CALLER);
}

// A call with a time limit: one that is wrong is refused before anything else.
static bool is_tried(pthread_rwlock_t *lock, clockid_t clock, const struct timespec *until,
                     unsigned mode, const struct host_frame *caller)
{
    if (!hook_is_valid_limit(clock, until))
        return false;
    if ((mode & PROFILE_ACQUIRE_READ ? real.pthread_rwlock_tryrdlock(lock)
                                     : real.pthread_rwlock_trywrlock(lock)) != 0)
        return false;
    hook_acquired(lock, KIND, mode, caller);
    return true;
}

#define READ_LIMITED (PROFILE_ACQUIRE_READ | PROFILE_ACQUIRE_TRY)

EXPORT int pthread_rwlock_timedrdlock(pthread_rwlock_t *lock, const struct timespec *until)
{
    struct lock_call call;

    if (!hook_records_locks())
        return real_find() ? real.pthread_rwlock_timedrdlock(lock, until) : 0;
    if (is_tried(lock, CLOCK_REALTIME, until, READ_LIMITED, CALLER))
        return 0;
    lock_wait_begin(&call, lock, KIND, READ_LIMITED, CALLER);
    return waited(&call, lock, real.pthread_rwlock_timedrdlock(lock, until), READ_LIMITED, CALLER);
}

EXPORT int pthread_rwlock_clockrdlock(pthread_rwlock_t *lock, clockid_t clock,
                                      const struct timespec *until)
{
    struct lock_call call;

    if (!hook_records_locks())
        return real_find() ? real.pthread_rwlock_clockrdlock(lock, clock, until) : 0;
    if (is_tried(lock, clock, until, READ_LIMITED, CALLER))
        return 0;
    lock_wait_begin(&call, lock, KIND, READ_LIMITED, CALLER);
    return waited(&call, lock, real.pthread_rwlock_clockrdlock(lock, clock, until), READ_LIMITED,
                  CALLER);
}

EXPORT int pthread_rwlock_timedwrlock(pthread_rwlock_t *lock, const struct timespec *until)
{
    struct lock_call call;

    if (!hook_records_locks())
        return real_find() ? real.pthread_rwlock_timedwrlock(lock, until) : 0;
    if (is_tried(lock, CLOCK_REALTIME, until, PROFILE_ACQUIRE_TRY, CALLER))
        return 0;
    lock_wait_begin(&call, lock, KIND, PROFILE_ACQUIRE_TRY, CALLER);
    return waited(&call, lock, real.pthread_rwlock_timedwrlock(lock, until), PROFILE_ACQUIRE_TRY,
                  CALLER);
}

EXPORT int pthread_rwlock_clockwrlock(pthread_rwlock_t *lock, clockid_t clock,
                                      const struct timespec *until)
{
    struct lock_call call;

    if (!hook_records_locks())
        return real_find() ? real.pthread_rwlock_clockwrlock(lock, clock, until) : 0;
    if (is_tried(lock, clock, until, PROFILE_ACQUIRE_TRY, CALLER))
        return 0;
    lock_wait_begin(&call, lock, KIND, PROFILE_ACQUIRE_TRY, CALLER);
    return waited(&call, lock, real.pthread_rwlock_clockwrlock(lock, clock, until),
                  PROFILE_ACQUIRE_TRY, CALLER);
}

// Readers are not named by the lock: of one that is read, any thread may be a reader.
static bool is_foreign(const struct thread_state *self, const pthread_rwlock_t *lock)
{
    int writer = rwlock_writer(lock);

    return writer != 0 && writer != self->tid && writer != thread_tid_before_fork;
}

static void release(pthread_rwlock_t *lock, struct lock_release *ret_release,
                    const struct host_frame *caller)
{
    struct thread_state *self = recording_enter(caller);
    struct profile_lock_cell *cell;
    struct lock_state *wrong;

    ret_release->handover = NULL;
    if (!self)
        return;
    if (!rwlock_is_held(lock) || is_foreign(self, lock)) {
        wrong = lock_of(self, lock, KIND, caller, &cell);
        if (wrong)
            misuse_of_lock(self,
                           rwlock_is_held(lock) ? PROFILE_MISUSE_UNLOCK_FOREIGN
                                                : PROFILE_MISUSE_UNLOCK_UNHELD,
                           wrong, caller);
    }
    lock_release_begins(self, lock, KIND, ret_release, caller);
    recording_leave();
}

HOOK int hook_rwlock_unlock(pthread_rwlock_t *lock)
{
    struct lock_release what;
    int result;

    if (!hook_records_locks())
        return real_find() ? real.pthread_rwlock_unlock(lock) : 0;
    release(lock, &what, CALLER);
    result = real.pthread_rwlock_unlock(lock);
    hook_release_ends(&what, CALLER);
    return result;
}

EXPORT int pthread_rwlock_init(pthread_rwlock_t *lock, const pthread_rwlockattr_t *attributes)
{
    int result;

    if (!real_find())
        return ENOMEM;
    result = real.pthread_rwlock_init(lock, attributes);
    if (result == 0)
        hook_initialised(lock, KIND, 0, CALLER);
    return result;
}

static void check_destroy(pthread_rwlock_t *lock, const struct host_frame *caller)
{
    struct thread_state *self = hook_records_locks() ? recording_enter(caller) : NULL;
    struct lock_state *what = self ? lock_find(lock) : NULL;

    if (self)
        lock_wait_undo(self);
    if (what && atomic_get(&what->waiters))
        misuse_of_lock(self, PROFILE_MISUSE_DESTROY_WAITED, what, caller);
    else if (what && rwlock_is_held(lock))
        misuse_of_lock(self, PROFILE_MISUSE_DESTROY_HELD, what, caller);
    if (self)
        recording_leave();
}

EXPORT int pthread_rwlock_destroy(pthread_rwlock_t *lock)
{
    int result;

    if (!real_find())
        return 0;
    check_destroy(lock, CALLER);
    result = real.pthread_rwlock_destroy(lock);
    if (result == 0)
        hook_destroyed(lock, CALLER);
    return result;
}
