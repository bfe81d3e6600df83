// SPDX-License-Identifier: MIT
// Threads give each other blocks and move and free them as fast as they can: an address has a new
// owner the moment it is free, and every block is counted, once, with its size.
// EXPECT: sum(s["allocations"] for s in sites("work")) - heap["reallocs"] == 120000
// EXPECT: all(s["live_blocks"] == 0 == s["live_bytes"] for s in sites("work"))
// EVERY_MODE: heap["mismatches"] == [] and health["complete"]
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 4
#define ROUNDS 30000
#define PLACES 8

static _Atomic(void *) places[PLACES];

static void *work(void *seed)
{
    unsigned random = (unsigned)(size_t)seed;

    for (int i = 0; i < ROUNDS; i++) {
        void *mine;

        random = random * 1103515245 + 12345;
        mine = realloc(malloc(random >> 16 & 255), (random >> 24) + 300);
        mine = atomic_exchange(&places[random >> 20 & (PLACES - 1)], mine);
        if (random & 1 << 18)
            free(mine);
        else
            free(mine ? realloc(mine, 40) : NULL);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];

    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < PLACES; i++)
        free(places[i]);
    puts("done");
    return 0;
}
