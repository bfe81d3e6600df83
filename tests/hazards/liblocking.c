// SPDX-License-Identifier: MIT
// The allocator of locking_allocator.c: one mutex, initialised under a spin lock at the first use.
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

static pthread_mutex_t mutex;
static int is_initialising, is_ready;
static char *next, *end;

static void init(void)
{
    while (__atomic_exchange_n(&is_initialising, 1, __ATOMIC_ACQUIRE))
        continue;
    if (!is_ready)
        pthread_mutex_init(&mutex, NULL);
    is_ready = 1;
    __atomic_store_n(&is_initialising, 0, __ATOMIC_RELEASE);
}

void *malloc(size_t bytes)
{
    char *block;

    if (!is_ready)
        init();
    bytes = ((bytes + 15) & ~(size_t)15) + 16;
    pthread_mutex_lock(&mutex);
    if (!next || (size_t)(end - next) < bytes) {
        size_t more = bytes > (1 << 20) ? bytes : 1 << 20;

        next = mmap(NULL, more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        end = next + more;
    }
    block = next;
    next += bytes;
    pthread_mutex_unlock(&mutex);
    *(size_t *)block = bytes - 16;
    return block + 16;
}

void free(void *block)
{
    if (!is_ready)
        init();
    pthread_mutex_lock(&mutex);
    if (block)
        memset(block, 0xdd, ((size_t *)block)[-2]);
    pthread_mutex_unlock(&mutex);
}

void *calloc(size_t count, size_t bytes)
{
    return memset(malloc(count * bytes), 0, count * bytes);
}

void *realloc(void *block, size_t bytes)
{
    void *moved = malloc(bytes);

    if (block) {
        size_t old = ((size_t *)block)[-2];

        memcpy(moved, block, old < bytes ? old : bytes);
        free(block);
    }
    return moved;
}
