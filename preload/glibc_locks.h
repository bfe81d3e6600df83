// SPDX-License-Identifier: MIT
//
// glibc_locks.h - what glibc's locks tell without being called: kinds, flags, owners. Their layout
// is part of the ABI through the static initialisers (sysdeps/nptl/bits/struct_mutex.h,
// struct_rwlock.h); the bits of the kinds are from nptl/pthreadP.h. Reads only.
#ifndef GAIAPROF_GLIBC_LOCKS_H
#define GAIAPROF_GLIBC_LOCKS_H

#include "preload/compiler.h"
#include "preload/profile_format.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stdbool.h>

#define MUTEX_TYPE_MASK 3
#define MUTEX_ROBUST 0x10
#define MUTEX_PRIO_INHERIT 0x20
#define MUTEX_PRIO_PROTECT 0x40
#define MUTEX_SHARED 0x80
#define MUTEX_ELISION 0x100
// The kinds whose trylock means something else than a first attempt.
#define MUTEX_UNTRIED (MUTEX_ROBUST | MUTEX_PRIO_INHERIT | MUTEX_PRIO_PROTECT)

static inline int mutex_kind(const pthread_mutex_t *mutex)
{
    return atomic_get(&mutex->__data.__kind);
}

static inline bool mutex_is_untried(const pthread_mutex_t *mutex)
{
    return mutex_kind(mutex) & MUTEX_UNTRIED;
}

// Kernel's id of the thread that holds it, 0: none. Of the kinds that are tried it is stored a
// moment after the lock is taken.
static inline int mutex_owner(const pthread_mutex_t *mutex)
{
    if (mutex_kind(mutex) & (MUTEX_ROBUST | MUTEX_PRIO_INHERIT))
        return (int)((unsigned)atomic_get(&mutex->__data.__lock) & FUTEX_TID_MASK);
    return atomic_get(&mutex->__data.__owner);
}

static inline bool mutex_has_owner(const pthread_mutex_t *mutex)
{
    return !(mutex_kind(mutex) & MUTEX_ELISION); // a transaction has none
}

static inline bool mutex_is_locked(const pthread_mutex_t *mutex)
{
    return mutex_kind(mutex) & (MUTEX_ROBUST | MUTEX_PRIO_INHERIT) ? mutex_owner(mutex) != 0
                                                                   : mutex->__data.__lock != 0;
}

// Whether threads wait for it in the kernel. It may say so of one that has just gone on.
static inline bool mutex_has_waiters(const pthread_mutex_t *mutex)
{
    int word = atomic_get(&mutex->__data.__lock);

    return mutex_kind(mutex) & (MUTEX_ROBUST | MUTEX_PRIO_INHERIT) ? (unsigned)word & FUTEX_WAITERS
           : mutex_kind(mutex) & MUTEX_PRIO_PROTECT                ? word & 2
                                                                   : word > 1;
}

// The same, asked by the thread that holds it: 1, or its id.
static inline bool mutex_has_waiters_quickly(const pthread_mutex_t *mutex)
{
    int word = atomic_get(&mutex->__data.__lock);

    return word != 1 && word != mutex->__data.__owner;
}

// Whether the thread that holds it may wait for it again, and for ever.
static inline bool mutex_blocks_owner(const pthread_mutex_t *mutex)
{
    int type = mutex_kind(mutex) & MUTEX_TYPE_MASK;

    return type == PTHREAD_MUTEX_NORMAL || type == PTHREAD_MUTEX_ADAPTIVE_NP;
}

// Of a robust mutex glibc sets the bit of shared ones in any case.
static inline uint32_t mutex_flags(const pthread_mutex_t *mutex)
{
    static const uint32_t types[] = {0, PROFILE_LOCK_RECURSIVE, PROFILE_LOCK_ERRORCHECK,
                                     PROFILE_LOCK_ADAPTIVE};
    int kind = mutex_kind(mutex);

    return types[kind & MUTEX_TYPE_MASK] | (kind & MUTEX_ROBUST ? PROFILE_LOCK_ROBUST : 0) |
           (kind & MUTEX_PRIO_INHERIT ? PROFILE_LOCK_PRIO_INHERIT : 0) |
           (kind & MUTEX_PRIO_PROTECT ? PROFILE_LOCK_PRIO_PROTECT : 0) |
           ((kind & (MUTEX_SHARED | MUTEX_ROBUST)) == MUTEX_SHARED ? PROFILE_LOCK_SHARED : 0);
}

static inline int rwlock_writer(const pthread_rwlock_t *lock)
{
    return atomic_get(&lock->__data.__cur_writer);
}

// The upper bits of __readers count them; WRLOCKED is set by a writer that has the lock or is the
// next to have it.
#define RWLOCK_READER_SHIFT 3
#define RWLOCK_WRITER_WAITS 2u
static inline bool rwlock_is_held(const pthread_rwlock_t *lock)
{
    return atomic_get(&lock->__data.__readers) >> RWLOCK_READER_SHIFT || rwlock_writer(lock);
}

// Whether a writer waits that readers who come now have to wait for, themselves readers or not.
static inline bool rwlock_waits_for_writer(const pthread_rwlock_t *lock)
{
    return atomic_get(&lock->__data.__flags) == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP &&
           (atomic_get(&lock->__data.__readers) & RWLOCK_WRITER_WAITS);
}

static inline uint32_t rwlock_flags(const pthread_rwlock_t *lock)
{
    return (lock->__data.__shared ? PROFILE_LOCK_SHARED : 0) |
           (lock->__data.__flags ? PROFILE_LOCK_PREFER_WRITER : 0);
}

// pthread_once_t, once_flag (nptl/pthread_once.c): bit 0 somebody runs the routine, bit 1 done.
static inline int once_state(const void *once)
{
    return __atomic_load_n((const int *)once, __ATOMIC_ACQUIRE);
}

static inline bool once_is_done(const void *once)
{
    return once_state(once) & 2;
}

static inline bool once_is_running(const void *once)
{
    return (once_state(once) & 3) == 1;
}

// What can be seen of a lock that was never initialised in our sight.
static inline uint32_t lock_flags(enum profile_lock_kind kind, const void *lock)
{
    return kind == PROFILE_LOCK_MUTEX    ? mutex_flags(lock)
           : kind == PROFILE_LOCK_RWLOCK ? rwlock_flags(lock)
                                         : 0;
}

#endif
