// SPDX-License-Identifier: MIT
// A thousand threads live at the same time, each with blocks of its own; the next thousand uses
// their places.
// EXPECT: site("in_thread")["allocations"] == 2000 * 100 and site("in_thread")["frees"] == 2000 * 60
// EXPECT: site("in_thread")["allocated_bytes"] == 2000 * sum(range(1, 101))
// EXPECT: site("at_end")["allocations"] == 2000 and site("at_end")["live_blocks"] == 0
// EXPECT: threads["created"] == threads["finished"] == 2000 and threads["peak"] == 1001
// EXPECT: all(record["allocations"] == 101 for record in thread("run"))
// EXPECT: not any(health["dropped"].values()) and health["complete"]
#include <pthread.h>
#include <stdlib.h>

#define THREADS 1000

static pthread_barrier_t all;

void in_thread(void)
{
    void *blocks[100];

    for (size_t i = 0; i < 100; i++)
        blocks[i] = malloc(i + 1);
    for (size_t i = 0; i < 60; i++)
        free(blocks[i]);
}

void at_end(void)
{
    free(malloc(50));
}

static void *thread_main(void *argument)
{
    pthread_barrier_wait(&all);
    in_thread();
    pthread_barrier_wait(&all);
    at_end();
    return argument;
}

void run(void)
{
    static pthread_t threads[THREADS];
    pthread_attr_t small;

    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 << 10);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], &small, thread_main, NULL) != 0)
            abort();
    pthread_barrier_wait(&all);
    pthread_barrier_wait(&all);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_attr_destroy(&small);
}

int main(void)
{
    pthread_barrier_init(&all, NULL, THREADS + 1);
    run();
    run();
    return 0;
}
