// SPDX-License-Identifier: MIT
//
// hooks_condition.c - pthread_cond_*, in both versions that glibc has (2.2.5: what a condition
// holds is a pointer to the real one), and cnd_*. A wait lets the mutex go and ends with it held
// again.
#include "preload/hooks_mutex.h"
#include "preload/misuse.h"

#include <threads.h>

#define KIND PROFILE_LOCK_CONDITION

// A wait, from release_mutex() to hold_mutex().
struct condition_wait {
    struct lock_call call;
    pthread_mutex_t *mutex;
    const struct host_frame *caller;
    bool has_mutex; // it let it go
};

static void check_mutex(struct thread_state *self, pthread_mutex_t *mutex,
                        const struct host_frame *caller)
{
    struct profile_lock_cell *cell;
    struct lock_state *lock;

    if (!mutex_has_owner(mutex) || mutex_owner(mutex) == self->tid)
        return;
    lock = lock_of(self, mutex, PROFILE_LOCK_MUTEX, caller, &cell);
    if (lock)
        misuse_of_lock(self, PROFILE_MISUSE_WAIT_UNHELD, lock, caller);
}

static void begin(struct condition_wait *wait, const void *condition, pthread_mutex_t *mutex,
                  unsigned mode, const struct host_frame *caller)
{
    struct thread_state *self;

    wait->mutex = mutex;
    wait->caller = caller;
    wait->has_mutex = false;
    lock_wait_begin(&wait->call, condition, KIND, mode, caller);
    self = recording_enter(caller);
    if (!self)
        return;
    check_mutex(self, mutex, caller);
    if (mutex_owner(mutex) == self->tid || !mutex_has_owner(mutex)) {
        lock_released(self, mutex, PROFILE_LOCK_MUTEX, caller);
        wait->has_mutex = true;
    }
    recording_leave();
}

// What is none of these leaves the mutex as it was: refused at once. A wait that is cancelled does
// not come here: the mutex, which the thread holds while it ends, is not on its list then.
static int ended(struct condition_wait *wait, int result)
{
    lock_wait_end(&wait->call, mutex_is_acquired(result) ? LOCK_ACQUIRED
                               : result == ETIMEDOUT     ? LOCK_TIMED_OUT
                                                         : LOCK_FAILED);
    if (wait->has_mutex)
        hook_mutex_acquired(wait->mutex, result, PROFILE_ACQUIRE_AGAIN, wait->caller);
    return result;
}

static int wait_for(int (*real_wait)(pthread_cond_t *, pthread_mutex_t *),
                    pthread_cond_t *condition, pthread_mutex_t *mutex,
                    const struct host_frame *caller)
{
    struct condition_wait wait;
    int result;

    if (!hook_records_locks())
        return real_wait(condition, mutex);
    begin(&wait, condition, mutex, 0, caller);
    result = real_wait(condition, mutex);
    return ended(&wait, result);
}

static int wait_until(int (*real_wait)(pthread_cond_t *, pthread_mutex_t *,
                                       const struct timespec *),
                      pthread_cond_t *condition, pthread_mutex_t *mutex,
                      const struct timespec *until, const struct host_frame *caller)
{
    struct condition_wait wait;
    int result;

    if (!hook_records_locks())
        return real_wait(condition, mutex, until);
    begin(&wait, condition, mutex, PROFILE_ACQUIRE_TRY, caller);
    result = real_wait(condition, mutex, until);
    return ended(&wait, result);
}

static void let_on(const void *condition, const struct host_frame *caller)
{
    if (hook_records_locks())
        hook_hand_over(condition, caller);
}

static int destroy(int (*real_destroy)(pthread_cond_t *), pthread_cond_t *condition,
                   const struct host_frame *caller)
{
    int result;

    hook_check_waiters(condition, caller);
    result = real_destroy(condition);
    if (result == 0)
        hook_destroyed(condition, caller);
    return result;
}

// Both versions of a function: NAME@@GLIBC_2.3.2 and NAME@GLIBC_2.2.5 (libgaiaprof.map).
#define VERSIONED(name, version) __attribute__((symver(#name version)))
#define NEW(name) EXPORT VERSIONED(name, "@@GLIBC_2.3.2")
#define OLD(name) EXPORT VERSIONED(name, "@GLIBC_2.2.5")

// clang-format off
#define CONDITION_FUNCTIONS(VERSION, suffix)                                                       \
    int cond_wait##suffix(pthread_cond_t *condition, pthread_mutex_t *mutex);                      \
    int cond_timedwait##suffix(pthread_cond_t *condition, pthread_mutex_t *mutex,                  \
                               const struct timespec *until);                                      \
    int cond_signal##suffix(pthread_cond_t *condition);                                            \
    int cond_broadcast##suffix(pthread_cond_t *condition);                                         \
    int cond_init##suffix(pthread_cond_t *condition, const pthread_condattr_t *attributes);        \
    int cond_destroy##suffix(pthread_cond_t *condition);                                           \
    VERSION(pthread_cond_wait)                                                                     \
    int cond_wait##suffix(pthread_cond_t *condition, pthread_mutex_t *mutex)                       \
    {                                                                                              \
        if (!real_find())                                                                          \
            return 0;                                                                              \
        return wait_for(real.pthread_cond_wait##suffix, condition, mutex, CALLER);                 \
    }                                                                                              \
    VERSION(pthread_cond_timedwait)                                                                \
    int cond_timedwait##suffix(pthread_cond_t *condition, pthread_mutex_t *mutex,                  \
                               const struct timespec *until)                                       \
    {                                                                                              \
        if (!real_find())                                                                          \
            return 0;                                                                              \
        return wait_until(real.pthread_cond_timedwait##suffix, condition, mutex, until, CALLER);   \
    }                                                                                              \
    VERSION(pthread_cond_signal)                                                                   \
    int cond_signal##suffix(pthread_cond_t *condition)                                             \
    {                                                                                              \
        if (!real_find())                                                                          \
            return 0;                                                                              \
        let_on(condition, CALLER);                                                                 \
        return real.pthread_cond_signal##suffix(condition);                                        \
    }                                                                                              \
    VERSION(pthread_cond_broadcast)                                                                \
    int cond_broadcast##suffix(pthread_cond_t *condition)                                          \
    {                                                                                              \
        if (!real_find())                                                                          \
            return 0;                                                                              \
        let_on(condition, CALLER);                                                                 \
        return real.pthread_cond_broadcast##suffix(condition);                                     \
    }                                                                                              \
    VERSION(pthread_cond_init)                                                                     \
    int cond_init##suffix(pthread_cond_t *condition, const pthread_condattr_t *attributes)         \
    {                                                                                              \
        int result;                                                                                \
                                                                                                   \
        if (!real_find())                                                                          \
            return ENOMEM;                                                                         \
        result = real.pthread_cond_init##suffix(condition, attributes);                            \
        if (result == 0)                                                                           \
            hook_initialised(condition, KIND, 0, CALLER);                                          \
        return result;                                                                             \
    }                                                                                              \
    VERSION(pthread_cond_destroy)                                                                  \
    int cond_destroy##suffix(pthread_cond_t *condition)                                            \
    {                                                                                              \
        if (!real_find())                                                                          \
            return 0;                                                                              \
        return destroy(real.pthread_cond_destroy##suffix, condition, CALLER);                      \
    }
// clang-format on

CONDITION_FUNCTIONS(NEW, )
CONDITION_FUNCTIONS(OLD, _old)

EXPORT int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                                  clockid_t clock, const struct timespec *until)
{
    struct condition_wait wait;
    int result;

    if (!real_find())
        return 0;
    if (!hook_records_locks())
        return real.pthread_cond_clockwait(condition, mutex, clock, until);
    begin(&wait, condition, mutex, PROFILE_ACQUIRE_TRY, CALLER);
    result = real.pthread_cond_clockwait(condition, mutex, clock, until);
    return ended(&wait, result);
}

// --- C11: the same objects, other results

static int c11_result(int result)
{
    return result == 0 ? thrd_success : result == ETIMEDOUT ? thrd_timedout : thrd_error;
}

static int posix_result(int result)
{
    return result == thrd_success ? 0 : result == thrd_timedout ? ETIMEDOUT : EINVAL;
}

static int c11_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    return posix_result(real.cnd_wait((cnd_t *)condition, (mtx_t *)mutex));
}

static int c11_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                         const struct timespec *until)
{
    return posix_result(real.cnd_timedwait((cnd_t *)condition, (mtx_t *)mutex, until));
}

EXPORT int cnd_wait(cnd_t *condition, mtx_t *mutex)
{
    if (!real_find())
        return thrd_error;
    return c11_result(
        wait_for(c11_wait, (pthread_cond_t *)condition, (pthread_mutex_t *)mutex, CALLER));
}

EXPORT int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex,
                         const struct timespec *restrict until)
{
    if (!real_find())
        return thrd_error;
    return c11_result(wait_until(c11_timedwait, (pthread_cond_t *)condition,
                                 (pthread_mutex_t *)mutex, until, CALLER));
}

EXPORT int cnd_signal(cnd_t *condition)
{
    if (!real_find())
        return thrd_error;
    let_on(condition, CALLER);
    return real.cnd_signal(condition);
}

EXPORT int cnd_broadcast(cnd_t *condition)
{
    if (!real_find())
        return thrd_error;
    let_on(condition, CALLER);
    return real.cnd_broadcast(condition);
}

EXPORT int cnd_init(cnd_t *condition)
{
    int result;

    if (!real_find())
        return thrd_error;
    result = real.cnd_init(condition);
    if (result == thrd_success)
        hook_initialised(condition, KIND, PROFILE_LOCK_C11, CALLER);
    return result;
}

EXPORT void cnd_destroy(cnd_t *condition)
{
    if (!real_find())
        return;
    hook_check_waiters(condition, CALLER);
    real.cnd_destroy(condition);
    hook_destroyed(condition, CALLER);
}
