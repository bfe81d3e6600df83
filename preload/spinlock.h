// SPDX-License-Identifier: MIT
//
// spinlock.h - the lock of the cold paths. Taking it may fail: if a host's signal handler jumps
// out of a hook, or kills the thread in it, the lock stays taken for ever; then we lose events
// instead of hanging the host. Never held across a call that could take a lock of the host.
#ifndef GAIAPROF_SPINLOCK_H
#define GAIAPROF_SPINLOCK_H

#include "preload/compiler.h"
#include "preload/sys.h"

#include <stdbool.h>

#define SPINLOCK_TRIES 200000 // some hundred milliseconds of giving way

struct spinlock {
    unsigned is_taken;
};

static inline bool spinlock_take(struct spinlock *lock)
{
    for (unsigned i = 0; i < SPINLOCK_TRIES; i++) {
        unsigned free = 0;

        if (atomic_swap_if(&lock->is_taken, &free, 1))
            return true;
        sys_yield();
    }
    return false;
}

static inline void spinlock_give(struct spinlock *lock)
{
    atomic_publish(&lock->is_taken, 0);
}

#endif
