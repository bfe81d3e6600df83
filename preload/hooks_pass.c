// SPDX-License-Identifier: MIT
//
// hooks_pass.c - functions that mostly need no frame of ours: on to the real one by a jump. What
// does not pass goes to a HOOK, by a jump as well.
//   malloc, calloc, realloc, free: of a sampled heap nearly everything passes, after a countdown or
// a look into the filter. The rest is in hooks_malloc.c.
//   unlock, of every kind: of what was locked last and nobody waits for (hooks_mutex.c and others).
//   syscall: what is no futex (hooks_futex.c).
#include "preload/hooks_pass.h"

#include "preload/arch/syscall.h"
#include "preload/glibc_locks.h"
#include "preload/hooks_lock.h"
#include "preload/hooks_process.h"
#include "preload/live_table.h"
#include "preload/own_heap.h"
#include "preload/real.h"
#include "preload/recording.h"
#include "preload/sampler.h"
#include "preload/sys.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>

// Nobody wants to know of this allocation. The gate is shut in a child, which may be followed; it
// is asked last, as most heaps are exact.
static inline bool passes(size_t bytes)
{
    return sampler_skips(bytes) && recording_gate.is_open;
}

// Nor of the end of this block, which we know nothing of (and which may be NULL).
static inline bool is_unknown(const void *block)
{
    return sampler_countdown && !own_heap_owns(block) && !live_filter_may_have(block);
}

ENTRY void *malloc(size_t bytes)
{
    return passes(bytes) ? real.malloc(bytes) : hook_malloc(bytes);
}

ENTRY void *calloc(size_t count, size_t bytes)
{
    size_t product;

    if (!__builtin_mul_overflow(count, bytes, &product) && passes(product))
        return real.calloc(count, bytes);
    return hook_calloc(count, bytes);
}

ENTRY void *realloc(void *block, size_t bytes)
{
    if (block && is_unknown(block) && passes(bytes))
        return real.realloc(block, bytes);
    return hook_realloc(block, bytes);
}

ENTRY void free(void *block)
{
    if (is_unknown(block))
        real.free(block);
    else
        hook_free(block);
}

// The owner is asked because the list can't know of an unlock by another thread.
ENTRY int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    struct thread_state *self = thread_self;

    if (likely(self) && likely(mutex->__data.__owner == self->tid) &&
        likely(!mutex_has_waiters_quickly(mutex)) &&
        likely(hook_released_quickly(mutex, PROFILE_LOCK_MUTEX)))
        return real.pthread_mutex_unlock(mutex);
    return hook_mutex_unlock(mutex);
}

ENTRY int mtx_unlock(mtx_t *mutex)
{
    struct thread_state *self = thread_self;

    if (likely(self) && likely(((pthread_mutex_t *)mutex)->__data.__owner == self->tid) &&
        likely(!mutex_has_waiters_quickly((pthread_mutex_t *)mutex)) &&
        likely(hook_released_quickly(mutex, PROFILE_LOCK_MUTEX)))
        return real.mtx_unlock(mutex);
    return hook_mtx_unlock(mutex);
}

ENTRY int pthread_rwlock_unlock(pthread_rwlock_t *lock)
{
    if (likely(hook_released_quickly(lock, PROFILE_LOCK_RWLOCK)))
        return real.pthread_rwlock_unlock(lock);
    return hook_rwlock_unlock(lock);
}

ENTRY int pthread_spin_unlock(pthread_spinlock_t *lock)
{
    if (likely(hook_released_quickly((const void *)lock, PROFILE_LOCK_SPIN)))
        return real.pthread_spin_unlock(lock);
    return hook_spin_unlock(lock);
}

// Before libc's is known.
static cold long call_kernel(long number, long a, long b, long c, long d, long e, long f)
{
    long result = arch_syscall(number, a, b, c, d, e, f);

    if ((unsigned long)result <= -4096ul)
        return result;
    errno = (int)-result;
    return -1;
}

// Takes as many arguments as any system call has, where libc declares `...`: the same registers.
ENTRY long entry_syscall(long number, long a, long b, long c, long d, long e,
                         long f) __asm__("syscall");

ENTRY long entry_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    long (*next)(long, long, long, long, long, long, long) = (void *)real.syscall;

    if (unlikely(!next))
        return call_kernel(number, a, b, c, d, e, f);
    if (number == SYS_futex && recording_gate.has_locks)
        return hook_futex(a, b, c, d, e, f);
    if (likely(!hooks_process_sets_filter(number, a)))
        return next(number, a, b, c, d, e, f);
    hooks_process_before_filter();
    return hooks_process_after_filter(next(number, a, b, c, d, e, f));
}
