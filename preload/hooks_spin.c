// SPDX-License-Identifier: MIT
//
// hooks_spin.c - pthread_spin_*.
#include "preload/hooks_lock.h"
#include "preload/hooks_pass.h"
#include "preload/misuse.h"

#define KIND PROFILE_LOCK_SPIN

static const void *at(pthread_spinlock_t *lock)
{
    return (const void *)lock;
}

HOOK static int lock_contended(pthread_spinlock_t *lock, const struct host_frame *caller)
{
    struct lock_call call;
    int result;

    lock_wait_begin(&call, at(lock), KIND, 0, caller);
    result = real.pthread_spin_lock(lock);
    hook_waited_for(&call, result == 0, LOCK_FAILED);
    if (result == 0)
        hook_acquired(at(lock), KIND, 0, caller);
    return result;
}

HOOK static int lock_slowly(pthread_spinlock_t *lock, const struct host_frame *caller)
{
    if (!hook_records_locks())
        return real_find() ? real.pthread_spin_lock(lock) : 0;
    if (real.pthread_spin_trylock(lock) != 0)
        return lock_contended(lock, caller);
    return hook_acquired_slowly(at(lock), KIND, 0, caller);
}

LEAN_EXPORT int pthread_spin_lock(pthread_spinlock_t *lock)
{
    if (unlikely(!hook_enter_quickly()))
        return lock_slowly(lock, CALLER);
    if (unlikely(real.pthread_spin_trylock(lock) != 0)) {
        guard_leave();
        return lock_contended(lock, CALLER);
    }
    if (unlikely(!hook_acquired_quickly(at(lock), KIND, 0, CALLER)))
        return hook_acquired_slowly(at(lock), KIND, 0, CALLER);
    return 0;
}

EXPORT int pthread_spin_trylock(pthread_spinlock_t *lock)
{
    int result;

    if (!real_find())
        return 0;
    result = real.pthread_spin_trylock(lock);
    if (!hook_records_locks())
        return result;
    if (result == 0)
        hook_acquired(at(lock), KIND, PROFILE_ACQUIRE_TRY, CALLER);
    else if (result == EBUSY)
        hook_try_failed(at(lock), KIND, CALLER);
    return result;
}

// glibc: 1 is free, less is taken.
static bool is_free(pthread_spinlock_t *lock)
{
    return atomic_get(lock) == 1;
}

static void report(struct thread_state *self, enum profile_misuse_kind kind,
                   pthread_spinlock_t *lock, const struct host_frame *caller)
{
    struct profile_lock_cell *cell;
    struct lock_state *what = lock_of(self, at(lock), KIND, caller, &cell);

    if (what)
        misuse_of_lock(self, kind, what, caller);
}

// Its owner is whoever has it on its list.
static void release(pthread_spinlock_t *lock, struct lock_release *ret_release,
                    const struct host_frame *caller)
{
    struct thread_state *self = recording_enter(caller), *owner;
    struct lock_state *what;

    ret_release->handover = NULL;
    if (!self)
        return;
    what = lock_release_begins(self, at(lock), KIND, ret_release, caller);
    owner = what ? thread_by_serial(what->last_owner) : NULL;
    if (is_free(lock))
        report(self, PROFILE_MISUSE_UNLOCK_UNHELD, lock, caller);
    else if (owner && owner != self && lock_find_held(&owner->locks, what) >= 0)
        report(self, PROFILE_MISUSE_UNLOCK_FOREIGN, lock, caller);
    recording_leave();
}

HOOK int hook_spin_unlock(pthread_spinlock_t *lock)
{
    struct lock_release what;
    int result;

    if (!hook_records_locks())
        return real_find() ? real.pthread_spin_unlock(lock) : 0;
    release(lock, &what, CALLER);
    result = real.pthread_spin_unlock(lock);
    hook_release_ends(&what, CALLER);
    return result;
}

EXPORT int pthread_spin_init(pthread_spinlock_t *lock, int shared)
{
    int result;

    if (!real_find())
        return ENOMEM;
    result = real.pthread_spin_init(lock, shared);
    if (result == 0)
        hook_initialised(at(lock), KIND, shared == PTHREAD_PROCESS_SHARED ? PROFILE_LOCK_SHARED : 0,
                         CALLER);
    return result;
}

static void check_destroy(pthread_spinlock_t *lock, const struct host_frame *caller)
{
    struct thread_state *self = hook_records_locks() ? recording_enter(caller) : NULL;
    const struct lock_state *what = self ? lock_find(at(lock)) : NULL;

    if (what && !is_free(lock))
        report(self, PROFILE_MISUSE_DESTROY_HELD, lock, caller);
    if (self)
        recording_leave();
}

EXPORT int pthread_spin_destroy(pthread_spinlock_t *lock)
{
    int result;

    if (!real_find())
        return 0;
    check_destroy(lock, CALLER);
    result = real.pthread_spin_destroy(lock);
    if (result == 0)
        hook_destroyed(at(lock), CALLER);
    return result;
}
