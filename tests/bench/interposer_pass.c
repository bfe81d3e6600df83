// SPDX-License-Identifier: MIT
//
// interposer_pass - forwards and does nothing else: what LD_PRELOAD alone costs, a limit that no
// profiler loaded this way can go below. glibc only: its own names for the real functions are
// exported, so that nothing has to be looked up.
#include <pthread.h>
#include <stddef.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);
int __pthread_mutex_lock(pthread_mutex_t *mutex);
int __pthread_mutex_unlock(pthread_mutex_t *mutex);

void *malloc(size_t size)
{
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return __libc_realloc(block, size);
}

void free(void *block)
{
    __libc_free(block);
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    return __pthread_mutex_lock(mutex);
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    return __pthread_mutex_unlock(mutex);
}
