// SPDX-License-Identifier: MIT
//
// hooks_once.c - pthread_once and call_once. The thread that runs the routine holds the once
// meanwhile; others wait for it.
#include "preload/hooks_lock.h"

#include "preload/glibc_locks.h"

#include <threads.h>

#define KIND PROFILE_LOCK_ONCE

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

// In place of the routine. An exception or a cancellation leaves it without the last line: then
// enter() and lock_is_still_held() find out.
static void run_routine(void)
{
    struct thread_state *self = thread_self;
    struct once_call call = self->once_calls[self->once_count - 1];

    hook_acquired(call.once, KIND, 0, call.caller);
    note_c11(&call);
    call.routine();
    release(&call);
}

// Calls that were left lie further in than any that is still there.
static void drop_left(struct thread_state *self, const struct host_frame *caller)
{
    while (self->once_count && self->once_calls[self->once_count - 1].caller <= caller)
        self->once_count--;
}

static void enter(const struct once_call *call)
{
    struct thread_state *self = thread_self;
    bool is_waiting = once_is_running(call->once);
    struct lock_call wait;

    drop_left(self, call->caller);
    if (self->once_count == ONCE_CALLS_MAX) {
        real_once(call, call->routine);
        return;
    }
    self->once_calls[self->once_count++] = *call;
    if (is_waiting)
        lock_wait_begin(&wait, call->once, KIND, 0, call->caller);
    real_once(call, run_routine);
    if (is_waiting)
        lock_wait_end(&wait, LOCK_ACQUIRED);
    drop_left(self, call->caller);
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
