// SPDX-License-Identifier: MIT
//
// hooks_mutex.h - what the hooks of mutexes, of conditions and of C11 share.
#ifndef GAIAPROF_HOOKS_MUTEX_H
#define GAIAPROF_HOOKS_MUTEX_H

#include "preload/glibc_locks.h"
#include "preload/hooks_lock.h"

static inline bool mutex_is_acquired(int result)
{
    return result == 0 || result == EOWNERDEAD;
}

// The mutex has been acquired by a call that returned `result`.
void hook_mutex_acquired(pthread_mutex_t *mutex, int result, unsigned mode,
                         const struct host_frame *caller);

// Whether the real call may have to wait, of a mutex that is not to be tried.
bool hook_mutex_is_taken(const pthread_mutex_t *mutex);

// Before the real unlock: what is wrong with it, and what is known of it. hook_release_ends()
// follows.
void hook_mutex_release(pthread_mutex_t *mutex, struct lock_release *release,
                        const struct host_frame *caller);

void hook_mutex_check_destroy(pthread_mutex_t *mutex, const struct host_frame *caller);

// A wait for the mutex that ended with `result`, which is `timeout` if it ended so.
void hook_mutex_waited(struct lock_call *call, pthread_mutex_t *mutex, int result, bool is_timeout,
                       unsigned mode, const struct host_frame *caller);

#endif
