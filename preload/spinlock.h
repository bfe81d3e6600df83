// SPDX-License-Identifier: MIT
//
// spinlock.h - the lock of the cold paths. Signals are blocked while it is held: a handler that
// jumps away, or a cancellation, would leave it taken for ever. Taking it may fail all the same,
// after waiting far longer than any holder needs: then we lose events instead of hanging the host.
// Never held across a call that could take a lock of the host.
#ifndef GAIAPROF_SPINLOCK_H
#define GAIAPROF_SPINLOCK_H

#include "preload/compiler.h"
#include "preload/sys.h"

#include <stdbool.h>

#define SPINLOCK_TRIES 200000 // some hundred milliseconds of giving way

struct spinlock {
    unsigned is_taken;
    uint64_t signals; // the holder's mask
};

static inline bool spinlock_take(struct spinlock *lock)
{
    uint64_t signals;

    sys_block_signals(&signals);
    for (unsigned i = 0; i < SPINLOCK_TRIES; i++) {
        unsigned free = 0;

        if (atomic_swap_if(&lock->is_taken, &free, 1)) {
            lock->signals = signals;
            return true;
        }
        sys_yield();
    }
    sys_restore_signals(&signals);
    return false;
}

static inline void spinlock_give(struct spinlock *lock)
{
    uint64_t signals = lock->signals;

    atomic_publish(&lock->is_taken, 0);
    sys_restore_signals(&signals);
}

#endif
