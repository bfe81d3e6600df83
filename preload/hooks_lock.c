// SPDX-License-Identifier: MIT
//
// hooks_lock.c - what the hooks of all locks do where it is not the frequent case, see
// hooks_lock.h.
#include "preload/hooks_lock.h"

#include "preload/misuse.h"

HOOK int hook_acquired_slowly(const void *address, enum profile_lock_kind kind, unsigned mode,
                              const struct host_frame *caller)
{
    hook_acquired(address, kind, mode, caller);
    return 0;
}

void hook_check_waiters(const void *address, const struct host_frame *caller)
{
    struct thread_state *self = hook_records_locks() ? recording_enter(caller) : NULL;
    struct lock_state *lock = self ? lock_find(address) : NULL;

    if (self)
        lock_wait_undo(self); // a wait that was cancelled
    if (lock && lock_has_waiter_left(lock))
        misuse_of_lock(self, PROFILE_MISUSE_DESTROY_WAITED, lock, caller);
    if (self)
        recording_leave();
}
