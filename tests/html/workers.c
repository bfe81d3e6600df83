// SPDX-License-Identifier: MIT
//
// workers.c - a program whose page is known: blocks of two sizes by two callers of one function,
// some of them lost, two threads that want one mutex, one that nobody joins, recursion. With an
// argument there are more small blocks, and no large one.
#include "../await.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t ready;
static void *volatile kept;
static atomic_int unjoined;

static void *make_block(size_t bytes)
{
    void *block = malloc(bytes);
    memset(block, 1, bytes);
    return block;
}

static void small_blocks(int count)
{
    for (int i = 0; i < count; i++)
        free(make_block(10));
}

static void large_blocks(void)
{
    kept = make_block(50000);
}

static void lose_block(void)
{
    void *volatile lost = make_block(777);
    lost = NULL;
    (void)lost;
}

static int descend(int depth)
{
    if (depth == 0) {
        free(malloc(3000));
        return 0;
    }
    return 1 + descend(depth - 1);
}

static void *hold(void *argument)
{
    pthread_mutex_lock(&table_lock);
    pthread_barrier_wait(&ready);
    await_contended(&table_lock);
    usleep(20000);
    pthread_mutex_unlock(&table_lock);
    return argument;
}

static void *want(void *argument)
{
    pthread_barrier_wait(&ready);
    pthread_mutex_lock(&table_lock);
    pthread_mutex_unlock(&table_lock);
    return argument;
}

static void *nothing(void *argument)
{
    unjoined = gettid();
    return argument;
}

int main(int argc, char **argv)
{
    pthread_t threads[3];
    pthread_barrier_init(&ready, NULL, 2);
    (void)argv;
    small_blocks(argc > 1 ? 400 : 100);
    if (argc == 1)
        large_blocks();
    lose_block();
    memset(alloca(4096), 0, 4096);
    descend(20);
    pthread_create(&threads[0], NULL, hold, NULL);
    pthread_create(&threads[1], NULL, want, NULL);
    pthread_create(&threads[2], NULL, nothing, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    while (!unjoined)
        await_poll();
    await_end(unjoined);
    return 0;
}
