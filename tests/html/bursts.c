// SPDX-License-Identifier: MIT
//
// bursts.c - a program that is quiet but for a moment: 60 threads at once and a large block, both
// soon gone; 66.25 KiB in lines of a file that a test makes; a deep recursion. With an argument it
// waits at its end until its input ends.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS 60
#define DEPTH 120

static pthread_barrier_t all_there;
static void *volatile kept[10];

static void *meet(void *arg)
{
    pthread_barrier_wait(&all_there);
    return arg;
}

static void burst(void)
{
    pthread_t threads[THREADS];
    pthread_barrier_init(&all_there, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, meet, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void large_block(void)
{
    char *volatile block = malloc(20 << 20);
    block[0] = 1;
    free(block);
}

static int descend(int depth)
{
    if (depth > 0)
        return descend(depth - 1) + 1;
    free(malloc(1000));
    return 0;
}

static void keep(void)
{
    for (int i = 0; i < 10; i++)
        kept[i] = malloc(3000);
}

// clang-format off
static void half_way(void)
#line 3 "made_by_a_test.c"
{
    kept[0] = malloc(67840);
}
#line 60 "bursts.c"
// clang-format on

int main(int argc, char **argv)
{
    char byte;
    (void)argv;
    usleep(50000);
    burst();
    large_block();
    descend(DEPTH);
    half_way();
    usleep(50000);
    keep();
    if (argc > 1 && write(1, "r", 1) == 1)
        while (read(0, &byte, 1) > 0)
            ;
    return 0;
}
