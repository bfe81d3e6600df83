// SPDX-License-Identifier: MIT
//
// hooks_semaphore.c - sem_*. Whoever posts lets others on: there is no owner.
#include "preload/hooks_lock.h"

#include <semaphore.h>

#define KIND PROFILE_LOCK_SEMAPHORE

// errno is set by the try as well, and must not be where the call succeeds.
static bool try_first(sem_t *semaphore, const struct host_frame *caller)
{
    int saved_errno = errno;

    if (real.sem_trywait(semaphore) == 0) {
        hook_passed(semaphore, KIND, caller);
        return true;
    }
    errno = saved_errno;
    return false;
}

static int waited(struct lock_call *call, sem_t *semaphore, int result,
                  const struct host_frame *caller)
{
    int saved_errno = errno;

    lock_wait_end(call, result == 0          ? LOCK_ACQUIRED
                        : errno == ETIMEDOUT ? LOCK_TIMED_OUT
                                             : LOCK_FAILED);
    if (result == 0)
        hook_passed(semaphore, KIND, caller);
    errno = saved_errno;
    return result;
}

// glibc's sem_wait and sem_timedwait act on a pending cancellation first, its sem_clockwait does
// not.
EXPORT int sem_wait(sem_t *semaphore)
{
    struct lock_call call;
    int result;

    if (!hook_records_locks())
        return real_find() ? real.sem_wait(semaphore) : 0;
    pthread_testcancel();
    if (try_first(semaphore, CALLER))
        return 0;
    lock_wait_begin(&call, semaphore, KIND, 0, CALLER);
    result = real.sem_wait(semaphore);
    return waited(&call, semaphore, result, CALLER);
}

EXPORT int sem_timedwait(sem_t *semaphore, const struct timespec *until)
{
    struct lock_call call;
    int result;

    if (!hook_records_locks() || !hook_is_valid_limit(CLOCK_REALTIME, until))
        return real_find() ? real.sem_timedwait(semaphore, until) : 0;
    pthread_testcancel();
    if (try_first(semaphore, CALLER))
        return 0;
    lock_wait_begin(&call, semaphore, KIND, PROFILE_ACQUIRE_TRY, CALLER);
    result = real.sem_timedwait(semaphore, until);
    return waited(&call, semaphore, result, CALLER);
}

EXPORT int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until)
{
    struct lock_call call;
    int result;

    if (!hook_records_locks() || !hook_is_valid_limit(clock, until))
        return real_find() ? real.sem_clockwait(semaphore, clock, until) : 0;
    if (try_first(semaphore, CALLER))
        return 0;
    lock_wait_begin(&call, semaphore, KIND, PROFILE_ACQUIRE_TRY, CALLER);
    result = real.sem_clockwait(semaphore, clock, until);
    return waited(&call, semaphore, result, CALLER);
}

EXPORT int sem_trywait(sem_t *semaphore)
{
    int result, saved_errno;

    if (!real_find())
        return 0;
    result = real.sem_trywait(semaphore);
    if (!hook_records_locks())
        return result;
    saved_errno = errno;
    if (result == 0)
        hook_passed(semaphore, KIND, CALLER);
    else if (saved_errno == EAGAIN)
        hook_try_failed(semaphore, KIND, CALLER);
    errno = saved_errno;
    return result;
}

EXPORT int sem_post(sem_t *semaphore)
{
    if (!real_find())
        return 0;
    hook_hand_over(semaphore, CALLER);
    return real.sem_post(semaphore);
}

EXPORT int sem_init(sem_t *semaphore, int is_shared, unsigned value)
{
    int result;

    if (!real_find())
        return -1;
    result = real.sem_init(semaphore, is_shared, value);
    if (result == 0)
        hook_initialised(semaphore, KIND, is_shared ? PROFILE_LOCK_SHARED : 0, CALLER);
    return result;
}

EXPORT int sem_destroy(sem_t *semaphore)
{
    int result;

    if (!real_find())
        return 0;
    hook_check_waiters(semaphore, CALLER);
    result = real.sem_destroy(semaphore);
    if (result == 0)
        hook_destroyed(semaphore, CALLER);
    return result;
}
