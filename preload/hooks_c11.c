// SPDX-License-Identifier: MIT
//
// hooks_c11.c - mtx_*. They never reach the pthread functions that we stand in for: libc calls its
// own. A mtx_t is a pthread_mutex_t.
#include "preload/hooks_mutex.h"
#include "preload/hooks_pass.h"

#include <threads.h>

static pthread_mutex_t *posix(mtx_t *mutex)
{
    return (pthread_mutex_t *)mutex;
}

static int waited(struct lock_call *call, mtx_t *mutex, int result, unsigned mode,
                  const struct host_frame *caller)
{
    hook_mutex_waited(call, posix(mutex), result == thrd_success ? 0 : EINVAL,
                      result == thrd_timedout, mode, caller);
    return result;
}

static_assert(thrd_success == 0, "what hook_acquired_slowly() returns");

HOOK static int lock_contended(mtx_t *mutex, const struct host_frame *caller)
{
    struct lock_call call;

    lock_wait_begin(&call, mutex, PROFILE_LOCK_MUTEX, 0, caller);
    return waited(&call, mutex, real.mtx_lock(mutex), 0, caller);
}

HOOK static int lock_slowly(mtx_t *mutex, const struct host_frame *caller)
{
    if (!hook_records_locks())
        return real_find() ? real.mtx_lock(mutex) : thrd_success;
    if (real.pthread_mutex_trylock(posix(mutex)) != 0)
        return lock_contended(mutex, caller);
    return hook_acquired_slowly(mutex, PROFILE_LOCK_MUTEX, 0, caller);
}

LEAN_EXPORT int mtx_lock(mtx_t *mutex)
{
    if (unlikely(!hook_enter_quickly()))
        return lock_slowly(mutex, CALLER);
    if (unlikely(real.pthread_mutex_trylock(posix(mutex)) != 0)) {
        guard_leave();
        return lock_contended(mutex, CALLER);
    }
    if (unlikely(!hook_acquired_quickly(mutex, PROFILE_LOCK_MUTEX, 0, CALLER)))
        return hook_acquired_slowly(mutex, PROFILE_LOCK_MUTEX, 0, CALLER);
    return thrd_success;
}

EXPORT int mtx_timedlock(mtx_t *restrict mutex, const struct timespec *restrict until)
{
    struct lock_call call;

    if (!hook_records_locks())
        return real_find() ? real.mtx_timedlock(mutex, until) : thrd_success;
    if (likely(real.pthread_mutex_trylock(posix(mutex)) == 0)) {
        hook_acquired(mutex, PROFILE_LOCK_MUTEX, PROFILE_ACQUIRE_TRY, CALLER);
        return thrd_success;
    }
    lock_wait_begin(&call, mutex, PROFILE_LOCK_MUTEX, PROFILE_ACQUIRE_TRY, CALLER);
    return waited(&call, mutex, real.mtx_timedlock(mutex, until), PROFILE_ACQUIRE_TRY, CALLER);
}

EXPORT int mtx_trylock(mtx_t *mutex)
{
    int result;

    if (!real_find())
        return thrd_success;
    result = real.mtx_trylock(mutex);
    if (!hook_records_locks())
        return result;
    if (result == thrd_success)
        hook_acquired(mutex, PROFILE_LOCK_MUTEX, PROFILE_ACQUIRE_TRY, CALLER);
    else if (result == thrd_busy)
        hook_try_failed(mutex, PROFILE_LOCK_MUTEX, CALLER);
    return result;
}

HOOK int hook_mtx_unlock(mtx_t *mutex)
{
    struct lock_release release;
    int result;

    if (!real_find())
        return thrd_success;
    if (!hook_records_locks())
        return real.mtx_unlock(mutex);
    hook_mutex_release(posix(mutex), &release, CALLER);
    result = real.mtx_unlock(mutex);
    hook_release_ends(&release, CALLER);
    return result;
}

EXPORT int mtx_init(mtx_t *mutex, int type)
{
    int result;

    if (!real_find())
        return thrd_error;
    result = real.mtx_init(mutex, type);
    if (result == thrd_success)
        hook_initialised(mutex, PROFILE_LOCK_MUTEX, PROFILE_LOCK_C11, CALLER);
    return result;
}

EXPORT void mtx_destroy(mtx_t *mutex)
{
    if (!real_find())
        return;
    hook_mutex_check_destroy(posix(mutex), CALLER);
    real.mtx_destroy(mutex);
    hook_destroyed(mutex, CALLER);
}
