// SPDX-License-Identifier: MIT
// A program with a malloc of its own, as jemalloc or mimalloc linked into it: the first use
// initialises it, by pthread_mutex_init and pthread_atfork. Our hooks must not allocate in there.
// we see nothing of its heap, and say so:
// EXPECT: any("malloc" in note for note in health["notes"])
// EXPECT: process["exit"] == {"kind": "exited", "status": 0}
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern void *volatile early_block;

static char arena[4 << 20];
static size_t used;
static pthread_mutex_t mutex;
static int is_initialising, is_ready, fork_count;

static void before_fork(void)
{
    fork_count++;
    pthread_mutex_lock(&mutex);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&mutex);
}

static void init(void)
{
    if (is_initialising)
        abort();
    is_initialising = 1;
    pthread_mutex_init(&mutex, NULL);
    pthread_atfork(before_fork, after_fork, after_fork);
    is_ready = 1;
}

void *malloc(size_t bytes)
{
    char *block;

    if (!is_ready)
        init();
    bytes = ((bytes + 15) & ~(size_t)15) + 16;
    pthread_mutex_lock(&mutex);
    block = bytes < sizeof(arena) - used ? arena + used : NULL;
    used += block ? bytes : 0;
    pthread_mutex_unlock(&mutex);
    if (!block)
        return NULL;
    *(size_t *)(void *)block = bytes - 16;
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
    void *block = malloc(count * bytes);

    return block ? memset(block, 0, count * bytes) : NULL;
}

void *realloc(void *block, size_t bytes)
{
    void *moved = malloc(bytes);

    if (block && moved) {
        size_t old = ((size_t *)block)[-2];

        memcpy(moved, block, old < bytes ? old : bytes);
        free(block);
    }
    return moved;
}

int main(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        free(malloc(10));
        _exit(fork_count + 6);
    }
    waitpid(pid, &status, 0);
    free(early_block);
    printf("%d forks, child %d\n", fork_count, status >> 8);
    return 0;
}
