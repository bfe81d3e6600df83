// SPDX-License-Identifier: MIT
//
// hooks_lock.c - the mutexes of the host. The first attempt is a trylock: if it succeeds there was
// no contention and no clock is read. Kinds whose trylock means something else than a first attempt
// (robust, priority inheritance and protection) are looked at, and locked by the real call.
// The guard is never held while a thread waits.
#include "preload/compiler.h"
#include "preload/lock_table.h"
#include "preload/options.h"
#include "preload/real.h"
#include "preload/recording.h"
#include "preload/sys.h"

#include <errno.h>
#include <linux/futex.h>

// glibc's pthread_mutex_t.__data.__kind, nptl/pthreadP.h: the bits of the kinds named above.
#define KIND_ROBUST 0x10
#define KIND_PRIO_INHERIT 0x20
#define KIND_PRIO_PROTECT 0x40

static bool is_acquired(int result)
{
    return result == 0 || result == EOWNERDEAD;
}

static void record_acquired(pthread_mutex_t *mutex, const struct host_frame *caller)
{
    struct thread_state *self = recording_enter(caller);

    if (!self)
        return;
    lock_acquired(self, mutex, caller);
    recording_leave();
}

static void record_waited(pthread_mutex_t *mutex, uint64_t wait_ns, const struct host_frame *caller)
{
    struct thread_state *self = recording_enter(caller);

    if (!self)
        return;
    lock_waited(self, mutex, wait_ns, caller);
    recording_leave();
}

// A thread that holds it already deadlocks here as it would without us, or is told so and has not
// acquired anything.
static int lock_timed(pthread_mutex_t *mutex, const struct host_frame *caller)
{
    uint64_t start_ns = sys_monotonic_ns();
    int result = real.pthread_mutex_lock(mutex);

    if (is_acquired(result))
        record_waited(mutex, sys_monotonic_ns() - start_ns, caller);
    return result;
}

// Whether another thread holds a mutex of the kinds that are not tried: their lock word has the
// owner's thread id.
static bool is_held_by_other(const pthread_mutex_t *mutex)
{
    unsigned owner = (unsigned)atomic_get(&mutex->__data.__lock) & FUTEX_TID_MASK;

    if (atomic_get(&mutex->__data.__kind) & KIND_PRIO_PROTECT)
        return atomic_get(&mutex->__data.__owner) != 0 &&
               atomic_get(&mutex->__data.__owner) != sys_thread_id();
    return owner != 0 && owner != (unsigned)sys_thread_id();
}

static int lock_untried(pthread_mutex_t *mutex, const struct host_frame *caller)
{
    int result;

    if (is_held_by_other(mutex))
        return lock_timed(mutex, caller);
    result = real.pthread_mutex_lock(mutex);
    if (is_acquired(result))
        record_acquired(mutex, caller);
    return result;
}

EXPORT int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    if (unlikely(!real_is_ready()) && !real_find())
        return 0; // one thread, inside dlsym
    if (unlikely(!recording_gate.is_open) || !options.locks || guard_is_held() ||
        stack_capture_is_internal(CALLER->pc))
        return real.pthread_mutex_lock(mutex);
    if (mutex->__data.__kind & (KIND_ROBUST | KIND_PRIO_INHERIT | KIND_PRIO_PROTECT))
        return lock_untried(mutex, CALLER);
    if (real.pthread_mutex_trylock(mutex) == 0) {
        record_acquired(mutex, CALLER);
        return 0;
    }
    return lock_timed(mutex, CALLER);
}

EXPORT int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
    struct thread_state *self;
    int result;

    if (!real_find())
        return ENOMEM;
    result = real.pthread_mutex_init(mutex, attributes);
    if (result != 0 || !options.locks || !(self = recording_enter(CALLER)))
        return result;
    lock_initialised(self, mutex, CALLER);
    recording_leave();
    return result;
}

EXPORT int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
    int result;

    if (!real_find())
        return 0;
    result = real.pthread_mutex_destroy(mutex);
    if (result != 0 || !options.locks || !recording_enter(CALLER))
        return result;
    lock_destroyed(mutex);
    recording_leave();
    return result;
}
