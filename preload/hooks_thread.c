// SPDX-License-Identifier: MIT
//
// hooks_thread.c - how the host's threads begin, end and are joined. A thread that we saw created
// starts in our trampoline; any other is adopted at its first hook. thrd_* never reach the pthread
// functions that we stand in for: libc calls its own.
#include "preload/hooks_lock.h"
#include "preload/options.h"
#include "preload/sys.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <threads.h>

static void *trampoline(void *argument)
{
    struct thread_state *self = argument;
    void *(*start_routine)(void *) = self->start_routine;
    void *start_argument = self->start_argument;
    void *result;

    thread_begin(self);
    atomic_set(&self->record->argument, 0); // the host's from here on
    result = start_routine(start_argument);
    thread_set_exit(PROFILE_THREAD_RETURNED);
    return result;
}

static int c11_trampoline(void *argument)
{
    struct thread_state *self = argument;
    thrd_start_t start_routine = (thrd_start_t)(void (*)(void))self->start_routine;
    void *start_argument = self->start_argument;
    int result;

    thread_begin(self);
    atomic_set(&self->record->argument, 0);
    result = start_routine(start_argument);
    thread_set_exit(PROFILE_THREAD_RETURNED);
    return result;
}

static bool is_detached(const pthread_attr_t *attributes)
{
    int state;

    return attributes && pthread_attr_getdetachstate(attributes, &state) == 0 &&
           state == PTHREAD_CREATE_DETACHED;
}

static struct thread_state *prepare(const pthread_attr_t *attributes,
                                    const struct host_frame *caller)
{
    struct thread_state *self, *created;

    if (!options.threads || !(self = recording_enter(caller)))
        return NULL;
    created = thread_prepare(stack_capture(self, caller), is_detached(attributes));
    recording_leave();
    return created;
}

EXPORT int pthread_create(pthread_t *restrict ret_thread, const pthread_attr_t *restrict attributes,
                          void *(*start_routine)(void *), void *restrict argument)
{
    struct thread_state *created;
    int error;

    if (!real_find())
        return EAGAIN;
    created = prepare(attributes, CALLER);
    if (!created)
        return real.pthread_create(ret_thread, attributes, start_routine, argument);
    created->start_routine = start_routine;
    created->start_argument = argument;
    atomic_set(&created->record->argument, (uint64_t)argument);
    error = real.pthread_create(ret_thread, attributes, trampoline, created);
    if (error)
        thread_abandon(created);
    return error; // the thread may be gone by now, with *ret_thread
}

EXPORT void pthread_exit(void *result)
{
    thread_set_exit(PROFILE_THREAD_PTHREAD_EXIT);
    real_find();
    real.pthread_exit(result);
    abort(); // it does not return
}

EXPORT void thrd_exit(int result)
{
    thread_set_exit(PROFILE_THREAD_PTHREAD_EXIT);
    real_find();
    real.thrd_exit(result);
    abort();
}

static struct profile_thread *find(pthread_t thread)
{
    struct profile_thread *record;

    real_find();
    record = recording_gate.is_open ? thread_find(thread) : NULL;
    if (record)
        atomic_set(&record->join_claim, 1);
    return record;
}

static int note(int error, struct profile_thread *record, enum profile_thread_join kind)
{
    if (!record)
        return error;
    if (error) {
        atomic_set(&record->join_claim, 0);
    } else {
        atomic_set(&record->join_ns, sys_monotonic_ns());
        atomic_set(&record->join_kind, kind);
    }
    return error;
}

// A join that waits for the thread's end. One that has ended already is not waited for.
struct join {
    struct lock_call call;
    struct profile_thread *record;
    struct thread_state *self;
    struct _pthread_cleanup_buffer cleanup;
};

// libc's older form: unlike the other one's, a buffer of it that is jumped over is taken off.
void _pthread_cleanup_push(struct _pthread_cleanup_buffer *buffer, void (*routine)(void *),
                           void *argument);
void _pthread_cleanup_pop(struct _pthread_cleanup_buffer *buffer, int execute);

static void begin_join(struct join *join, pthread_t thread, unsigned mode,
                       const struct host_frame *caller)
{
    join->call.start_ns = sys_monotonic_ns(); // it may have to be born yet
    join->record = find(thread);
    join->self = thread_self;
    join->call.lock = NULL;
    if (join->record && hook_records_locks() && !atomic_get(&join->record->end_ns))
        lock_wait_begin_join(&join->call, join->record, mode, caller);
}

static int end_join(struct join *join, int error)
{
    lock_wait_end(&join->call, error == 0           ? LOCK_ACQUIRED
                               : error == ETIMEDOUT ? LOCK_TIMED_OUT
                                                    : LOCK_FAILED);
    if (join->self != thread_self) // a child made by fork, in a handler
        return error;
    return note(error, join->record, PROFILE_JOIN_JOINED);
}

// Others must not be told that it waits still: it may wait for them.
static void cancelled(void *join)
{
    end_join(join, EINTR);
}

EXPORT int pthread_join(pthread_t thread, void **ret_result)
{
    struct join join;
    int error;

    begin_join(&join, thread, 0, CALLER);
    _pthread_cleanup_push(&join.cleanup, cancelled, &join);
    error = real.pthread_join(thread, ret_result);
    _pthread_cleanup_pop(&join.cleanup, 0);
    return end_join(&join, error);
}

EXPORT int pthread_tryjoin_np(pthread_t thread, void **ret_result)
{
    struct profile_thread *record = find(thread);

    return note(real.pthread_tryjoin_np(thread, ret_result), record, PROFILE_JOIN_JOINED);
}

EXPORT int pthread_timedjoin_np(pthread_t thread, void **ret_result, const struct timespec *until)
{
    struct join join;
    int error;

    begin_join(&join, thread, PROFILE_ACQUIRE_TRY, CALLER);
    _pthread_cleanup_push(&join.cleanup, cancelled, &join);
    error = real.pthread_timedjoin_np(thread, ret_result, until);
    _pthread_cleanup_pop(&join.cleanup, 0);
    return end_join(&join, error);
}

EXPORT int pthread_clockjoin_np(pthread_t thread, void **ret_result, clockid_t clock,
                                const struct timespec *until)
{
    struct join join;
    int error;

    begin_join(&join, thread, PROFILE_ACQUIRE_TRY, CALLER);
    _pthread_cleanup_push(&join.cleanup, cancelled, &join);
    error = real.pthread_clockjoin_np(thread, ret_result, clock, until);
    _pthread_cleanup_pop(&join.cleanup, 0);
    return end_join(&join, error);
}

EXPORT int pthread_detach(pthread_t thread)
{
    struct profile_thread *record = find(thread);

    return note(real.pthread_detach(thread), record, PROFILE_JOIN_DETACHED);
}

// A handler there has less room than the thread's own stack seems to have around it.
EXPORT int sigaltstack(const stack_t *restrict stack, stack_t *restrict ret_old)
{
    struct thread_state *self;
    int error;

    real_find();
    error = real.sigaltstack(stack, ret_old);
    if (error || !stack || !(self = recording_enter(CALLER)))
        return error;
    self->signal_stack_low = (uintptr_t)stack->ss_sp;
    self->signal_stack_bytes = stack->ss_flags & SS_DISABLE ? 0 : stack->ss_size;
    recording_leave();
    return error;
}

// --- C11

EXPORT int thrd_create(thrd_t *ret_thread, thrd_start_t start_routine, void *argument)
{
    struct thread_state *created;
    int error;

    if (!real_find())
        return thrd_error;
    created = prepare(NULL, CALLER);
    if (!created)
        return real.thrd_create(ret_thread, start_routine, argument);
    created->start_routine = (void *(*)(void *))(void (*)(void))start_routine;
    created->start_argument = argument;
    atomic_set(&created->record->argument, (uint64_t)argument);
    error = real.thrd_create(ret_thread, c11_trampoline, created);
    if (error != thrd_success)
        thread_abandon(created);
    return error;
}

EXPORT int thrd_join(thrd_t thread, int *ret_result)
{
    struct join join;
    int error;

    begin_join(&join, thread, 0, CALLER);
    _pthread_cleanup_push(&join.cleanup, cancelled, &join);
    error = real.thrd_join(thread, ret_result);
    _pthread_cleanup_pop(&join.cleanup, 0);
    end_join(&join, error == thrd_success ? 0 : EINVAL);
    return error;
}

EXPORT int thrd_detach(thrd_t thread)
{
    struct profile_thread *record = find(thread);
    int error = real.thrd_detach(thread);

    note(error == thrd_success ? 0 : EINVAL, record, PROFILE_JOIN_DETACHED);
    return error;
}
