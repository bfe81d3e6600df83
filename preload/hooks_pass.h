// SPDX-License-Identifier: MIT
//
// hooks_pass.h - what must be looked at of the functions of hooks_pass.c.
#ifndef GAIAPROF_HOOKS_PASS_H
#define GAIAPROF_HOOKS_PASS_H

#include "preload/compiler.h"

#include <pthread.h>
#include <stddef.h>
#include <threads.h>

HOOK void *hook_malloc(size_t bytes);
HOOK void *hook_calloc(size_t count, size_t bytes);
HOOK void *hook_realloc(void *block, size_t bytes);
HOOK void hook_free(void *block);
HOOK int hook_mutex_unlock(pthread_mutex_t *mutex);
HOOK int hook_mtx_unlock(mtx_t *mutex);
HOOK int hook_rwlock_unlock(pthread_rwlock_t *lock);
HOOK int hook_spin_unlock(pthread_spinlock_t *lock);
HOOK long hook_futex(long address, long operation, long value, long timeout, long address2,
                     long value3);

#endif
