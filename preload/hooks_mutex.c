// SPDX-License-Identifier: MIT
//
// hooks_mutex.c - pthread_mutex_*. Robust mutexes and those with priority inheritance or protection
// are not tried: their trylock answers differently from their lock. They are looked at, and the
// real call is timed if they are taken.
#include "preload/hooks_mutex.h"

#include "preload/hooks_pass.h"
#include "preload/misuse.h"

#include <sys/single_threaded.h>

cold void hook_mutex_acquired(pthread_mutex_t *mutex, int result, unsigned mode,
                              const struct host_frame *caller)
{
    struct thread_state *self = recording_enter(caller);

    if (!self)
        return;
    lock_acquired(self, mutex, PROFILE_LOCK_MUTEX, mode, caller);
    if (result == EOWNERDEAD)
        lock_owner_died(self, mutex, caller);
    recording_leave();
}

cold void hook_mutex_waited(struct lock_call *call, pthread_mutex_t *mutex, int result,
                            bool is_timeout, unsigned mode, const struct host_frame *caller)
{
    hook_waited_for(call, mutex_is_acquired(result), is_timeout ? LOCK_TIMED_OUT : LOCK_FAILED);
    if (mutex_is_acquired(result))
        hook_mutex_acquired(mutex, result, mode, caller);
}

// By another thread; or by this one, which will wait for itself.
bool hook_mutex_is_taken(const pthread_mutex_t *mutex)
{
    int owner = mutex_owner(mutex);

    if (owner == 0 || !thread_self)
        return owner != 0;
    return owner != thread_self->tid || mutex_blocks_owner(mutex);
}

HOOK static int lock_contended(pthread_mutex_t *mutex, const struct host_frame *caller)
{
    struct lock_call call;
    int result;

    lock_wait_begin(&call, mutex, PROFILE_LOCK_MUTEX, 0, caller);
    result = real.pthread_mutex_lock(mutex);
    hook_mutex_waited(&call, mutex, result, false, 0, caller);
    return result;
}

// Of a kind that is not tried.
static int lock_untried(pthread_mutex_t *mutex, const struct host_frame *caller)
{
    int result;

    if (hook_mutex_is_taken(mutex))
        return lock_contended(mutex, caller);
    result = real.pthread_mutex_lock(mutex);
    if (mutex_is_acquired(result))
        hook_mutex_acquired(mutex, result, 0, caller);
    return result;
}

HOOK static int lock_slowly(pthread_mutex_t *mutex, const struct host_frame *caller)
{
    if (!real_is_ready() && !real_find())
        return 0; // one thread, inside dlsym
    if (!hook_records_locks())
        return real.pthread_mutex_lock(mutex);
    if (mutex_is_untried(mutex))
        return lock_untried(mutex, caller);
    if (real.pthread_mutex_trylock(mutex) != 0)
        return lock_contended(mutex, caller);
    return hook_acquired_slowly(mutex, PROFILE_LOCK_MUTEX, 0, caller);
}

// A try. Of a mutex that is taken it is known how it ends: then the line is left to who has it. And
// while there is one thread glibc's lock does without an atomic operation, its trylock does not.
static inline bool try_lock(pthread_mutex_t *mutex)
{
    if (unlikely(atomic_get(&mutex->__data.__lock) != 0))
        return (mutex_kind(mutex) & MUTEX_TYPE_MASK) == PTHREAD_MUTEX_RECURSIVE_NP &&
               real.pthread_mutex_trylock(mutex) == 0;
    if (__libc_single_threaded)
        return real.pthread_mutex_lock(mutex) == 0;
    return real.pthread_mutex_trylock(mutex) == 0;
}

LEAN_EXPORT int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    if (unlikely(mutex_is_untried(mutex)) || unlikely(!hook_enter_quickly()))
        return lock_slowly(mutex, CALLER);
    if (unlikely(!try_lock(mutex))) {
        guard_leave();
        return lock_contended(mutex, CALLER);
    }
    if (unlikely(!hook_acquired_quickly(mutex, PROFILE_LOCK_MUTEX, 0, CALLER)))
        return hook_acquired_slowly(mutex, PROFILE_LOCK_MUTEX, 0, CALLER);
    return 0;
}

EXPORT int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
    int result;

    if (!real_is_ready() && !real_find())
        return 0;
    result = real.pthread_mutex_trylock(mutex);
    if (!hook_records_locks())
        return result;
    if (mutex_is_acquired(result))
        hook_mutex_acquired(mutex, result, PROFILE_ACQUIRE_TRY, CALLER);
    else if (result == EBUSY)
        hook_try_failed(mutex, PROFILE_LOCK_MUTEX, CALLER);
    return result;
}

// The first attempt of a call with a time limit. True: *ret_result is what the call returns.
static bool try_first(pthread_mutex_t *mutex, int *ret_result, const struct host_frame *caller)
{
    if (mutex_is_untried(mutex) || real.pthread_mutex_trylock(mutex) != 0)
        return false;
    *ret_result = 0;
    hook_acquired(mutex, PROFILE_LOCK_MUTEX, PROFILE_ACQUIRE_TRY, caller);
    return true;
}

static void begin_limited(struct lock_call *call, pthread_mutex_t *mutex,
                          const struct host_frame *caller)
{
    call->lock = NULL;
    if (!mutex_is_untried(mutex) || hook_mutex_is_taken(mutex))
        lock_wait_begin(call, mutex, PROFILE_LOCK_MUTEX, PROFILE_ACQUIRE_TRY, caller);
}

EXPORT int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *until)
{
    struct lock_call call;
    int result;

    if (!real_is_ready() && !real_find())
        return 0;
    if (!hook_records_locks())
        return real.pthread_mutex_timedlock(mutex, until);
    if (try_first(mutex, &result, CALLER))
        return result;
    begin_limited(&call, mutex, CALLER);
    result = real.pthread_mutex_timedlock(mutex, until);
    hook_mutex_waited(&call, mutex, result, result == ETIMEDOUT, PROFILE_ACQUIRE_TRY, CALLER);
    return result;
}

EXPORT int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
                                   const struct timespec *until)
{
    struct lock_call call;
    int result;

    if (!real_is_ready() && !real_find())
        return 0;
    if (!hook_records_locks() || (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC))
        return real.pthread_mutex_clocklock(mutex, clock, until);
    if (try_first(mutex, &result, CALLER))
        return result;
    begin_limited(&call, mutex, CALLER);
    result = real.pthread_mutex_clocklock(mutex, clock, until);
    hook_mutex_waited(&call, mutex, result, result == ETIMEDOUT, PROFILE_ACQUIRE_TRY, CALLER);
    return result;
}

static void report_foreign(struct thread_state *self, pthread_mutex_t *mutex,
                           const struct host_frame *caller)
{
    struct profile_lock_cell *cell;
    struct lock_state *lock = lock_of(self, mutex, PROFILE_LOCK_MUTEX, caller, &cell);

    if (lock && mutex_is_locked(mutex))
        atomic_set(&lock->is_foreign, 1);
    if (lock)
        misuse_of_lock(self,
                       mutex_is_locked(mutex) ? PROFILE_MISUSE_UNLOCK_FOREIGN
                                              : PROFILE_MISUSE_UNLOCK_UNHELD,
                       lock, caller);
}

void hook_mutex_release(pthread_mutex_t *mutex, struct lock_release *release,
                        const struct host_frame *caller)
{
    struct thread_state *self = recording_enter(caller);
    int owner;

    release->handover = NULL;
    if (!self)
        return;
    owner = mutex_owner(mutex);
    if (mutex_has_owner(mutex) && owner != self->tid &&
        (owner == 0 || owner != thread_tid_before_fork))
        report_foreign(self, mutex, caller);
    lock_release_begins(self, mutex, PROFILE_LOCK_MUTEX, release, caller);
    recording_leave();
}

HOOK int hook_mutex_unlock(pthread_mutex_t *mutex)
{
    struct lock_release release;
    int result;

    if (!real_is_ready() && !real_find())
        return 0;
    if (!hook_records_locks())
        return real.pthread_mutex_unlock(mutex);
    hook_mutex_release(mutex, &release, CALLER);
    result = real.pthread_mutex_unlock(mutex);
    hook_release_ends(&release, CALLER);
    return result;
}

EXPORT int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
    int result, shared = PTHREAD_PROCESS_PRIVATE;

    if (!real_find())
        return ENOMEM;
    result = real.pthread_mutex_init(mutex, attributes);
    if (attributes)
        pthread_mutexattr_getpshared(attributes, &shared);
    if (result == 0)
        hook_initialised(mutex, PROFILE_LOCK_MUTEX,
                         shared == PTHREAD_PROCESS_SHARED ? PROFILE_LOCK_SHARED : 0, CALLER);
    return result;
}

cold void hook_mutex_check_destroy(pthread_mutex_t *mutex, const struct host_frame *caller)
{
    struct thread_state *self = hook_records_locks() ? recording_enter(caller) : NULL;
    struct lock_state *lock = self ? lock_find(mutex) : NULL;

    if (self)
        lock_wait_undo(self); // a wait that was cancelled
    if (lock && lock_has_waiters(lock))
        misuse_of_lock(self, PROFILE_MISUSE_DESTROY_WAITED, lock, caller);
    else if (lock && mutex_is_locked(mutex))
        misuse_of_lock(self, PROFILE_MISUSE_DESTROY_HELD, lock, caller);
    if (self)
        recording_leave();
}

EXPORT int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
    int result;

    if (!real_find())
        return 0;
    hook_mutex_check_destroy(mutex, CALLER);
    result = real.pthread_mutex_destroy(mutex);
    if (result == 0)
        hook_destroyed(mutex, CALLER);
    return result;
}
