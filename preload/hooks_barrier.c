// SPDX-License-Identifier: MIT
//
// hooks_barrier.c - pthread_barrier_*. All wait for the last one to arrive.
#include "preload/hooks_lock.h"

#define BARRIER PROFILE_LOCK_BARRIER

// glibc's struct pthread_barrier (nptl/pthreadP.h): in, current_round, count, ...
static uint32_t barrier_count(const pthread_barrier_t *barrier)
{
    return ((const uint32_t *)(const void *)barrier)[2];
}

// The last one lets the others on. So far as they came through us.
static void arrive(const struct lock_call *call, const pthread_barrier_t *barrier,
                   const struct host_frame *caller)
{
    struct thread_state *self;

    if (!call->lock || atomic_get(&call->lock->waiters) < barrier_count(barrier))
        return;
    self = recording_enter(caller);
    if (!self)
        return;
    lock_hand_over(self, call->lock, caller);
    recording_leave();
}

EXPORT int pthread_barrier_wait(pthread_barrier_t *barrier)
{
    struct lock_call call;
    int result;

    if (!hook_records_locks())
        return real_find() ? real.pthread_barrier_wait(barrier) : 0;
    lock_wait_begin(&call, barrier, BARRIER, 0, CALLER);
    arrive(&call, barrier, CALLER);
    result = real.pthread_barrier_wait(barrier);
    lock_wait_end(&call, result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD ? LOCK_ACQUIRED
                                                                                : LOCK_FAILED);
    return result;
}

EXPORT int pthread_barrier_init(pthread_barrier_t *barrier, const pthread_barrierattr_t *attributes,
                                unsigned count)
{
    int result, shared = 0;

    if (!real_find())
        return ENOMEM;
    result = real.pthread_barrier_init(barrier, attributes, count);
    if (attributes)
        pthread_barrierattr_getpshared(attributes, &shared);
    if (result == 0)
        hook_initialised(barrier, BARRIER,
                         shared == PTHREAD_PROCESS_SHARED ? PROFILE_LOCK_SHARED : 0, CALLER);
    return result;
}

// The real one waits for those who are about to leave: they may still be in our hooks.
EXPORT int pthread_barrier_destroy(pthread_barrier_t *barrier)
{
    int result;

    if (!real_find())
        return 0;
    result = real.pthread_barrier_destroy(barrier);
    if (result == 0)
        hook_destroyed(barrier, CALLER);
    return result;
}
