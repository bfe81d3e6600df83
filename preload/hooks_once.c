// SPDX-License-Identifier: MIT
//
// hooks_once.c - pthread_once and call_once. The thread that runs the routine holds the once
// meanwhile; others wait for it.
#include "preload/hooks_lock.h"

#include "preload/glibc_locks.h"

#include <threads.h>

#define KIND PROFILE_LOCK_ONCE

// A call that may run its routine. On the hook's stack; the innermost is the thread's `once_call`.
struct once_call {
    const void *once;
    void (*routine)(void);
    const struct host_frame *caller;
    struct once_call *outer;
};

static void release(const struct once_call *call)
{
    struct thread_state *self = recording_enter(call->caller);

    if (!self)
        return;
    lock_released(self, call->once, call->caller);
    recording_leave();
}

// In place of the routine. An exception or a cancellation leaves it without the last lines: then
// enter() and the order of locks find out.
static void run_routine(void)
{
    struct once_call *call = thread_self->once_call;

    hook_acquired(call->once, KIND, 0, call->caller);
    call->routine();
    release(call);
}

// Calls of routines that were left by an exception lie further in than any that is still there.
static struct once_call *drop_left(struct once_call *call, const struct once_call *next)
{
    while (call && call < next)
        call = call->outer;
    return call;
}

static int enter(const void *once, void (*routine)(void), const struct host_frame *caller,
                 int (*real_once)(const void *once, void (*routine)(void)))
{
    struct thread_state *self = thread_self;
    struct once_call call = {once, routine, caller, NULL};
    bool is_waiting = once_is_running(once);
    struct lock_call wait;
    int result;

    if (!self)
        return real_once(once, routine);
    call.outer = drop_left(self->once_call, &call);
    self->once_call = &call;
    if (is_waiting)
        lock_wait_begin(&wait, once, KIND, 0, caller);
    result = real_once(once, run_routine);
    if (is_waiting)
        lock_wait_end(&wait, LOCK_ACQUIRED);
    self->once_call = call.outer;
    return result;
}

static int once_of_posix(const void *once, void (*routine)(void))
{
    return real.pthread_once((pthread_once_t *)once, routine);
}

static int once_of_c11(const void *once, void (*routine)(void))
{
    real.call_once((once_flag *)once, routine);
    return 0;
}

EXPORT int pthread_once(pthread_once_t *once, void (*routine)(void))
{
    if (!real_find())
        return EINVAL;
    if (!hook_records_locks() || once_is_done(once))
        return real.pthread_once(once, routine);
    return enter(once, routine, CALLER, once_of_posix);
}

EXPORT void call_once(once_flag *once, void (*routine)(void))
{
    if (!real_find())
        return;
    if (!hook_records_locks() || once_is_done(once))
        real.call_once(once, routine);
    else
        enter(once, routine, CALLER, once_of_c11);
}
