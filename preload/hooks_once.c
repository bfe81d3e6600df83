// SPDX-License-Identifier: MIT
//
// hooks_once.c - pthread_once and call_once. The thread that runs the routine holds the once
// meanwhile; others wait for it.
#include "preload/glibc_locks.h"
#include "preload/hooks_lock.h"

#include <threads.h>

#define KIND PROFILE_LOCK_ONCE

// A call of pthread_once or call_once that may run its routine.
struct once_call {
    const void *once;
    void (*routine)(void);
    const struct host_frame *caller;
    bool is_c11;
};

static void real_once(const struct once_call *call, void (*routine)(void))
{
    if (call->is_c11)
        real.call_once((once_flag *)call->once, routine);
    else
        real.pthread_once((pthread_once_t *)call->once, routine);
}

static void release(const struct once_call *call)
{
    struct thread_state *self = recording_enter(call->caller);

    if (!self)
        return;
    lock_released(self, call->once, KIND, call->caller);
    recording_leave();
}

static void note_c11(const struct once_call *call)
{
    struct thread_state *self = call->is_c11 ? recording_enter(call->caller) : NULL;
    struct lock_state *lock = self ? lock_find(call->once) : NULL;

    if (lock)
        lock->record->flags |= PROFILE_LOCK_C11;
    if (self)
        recording_leave();
}

// The latest call, for run_routine(): of the thread, and of the one that a child made by fork goes
// on with.
static __thread const struct once_call *current __attribute__((tls_model("initial-exec")));

// In place of the routine. An exception or a cancellation leaves it without the last line: then
// lock_is_still_held() finds out.
static void run_routine(void)
{
    const struct once_call call = *current;

    hook_acquired(call.once, KIND, 0, call.caller);
    note_c11(&call);
    call.routine();
    release(&call);
}

// The thread's latest call is the one whose routine is run: those around it, or that a handler
// interrupted, come back when it is over. One that was left by an exception is set anew by the
// next.
static void enter(const struct once_call *call)
{
    const struct once_call *before = current;
    bool is_waiting = once_is_running(call->once);
    struct lock_call wait;

    if (is_waiting)
        lock_wait_begin(&wait, call->once, KIND, 0, call->caller);
    current = call;
    real_once(call, run_routine);
    current = before;
    if (is_waiting)
        lock_wait_end(&wait, LOCK_ACQUIRED);
}

EXPORT int pthread_once(pthread_once_t *once, void (*routine)(void))
{
    const struct once_call call = {once, routine, CALLER, false};

    if (!real_find())
        return EINVAL;
    if (!hook_records_locks() || once_is_done(once) || !thread_self)
        return real.pthread_once(once, routine);
    enter(&call);
    return 0;
}

EXPORT void call_once(once_flag *once, void (*routine)(void))
{
    const struct once_call call = {once, routine, CALLER, true};

    if (!real_find())
        return;
    if (!hook_records_locks() || once_is_done(once) || !thread_self)
        real.call_once(once, routine);
    else
        enter(&call);
}
