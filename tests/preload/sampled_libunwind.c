// SPDX-License-Identifier: MIT
// A sampled heap whose stacks are libunwind's: what it and the loader allocate in our hooks, for
// each thread anew, is ours and comes back to us when the thread is gone, whatever passes by
// meanwhile.
// OPTIONS: heap=4k:sample_seed=2:unwind=libunwind
// EXPECT: abs(site("work")["allocations"] - 60000) <= 3000
// EXPECT: not any(health["dropped"].values())
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 20
#define BLOCKS 3000

void *work(void *blocks)
{
    for (int i = 0; i < BLOCKS; i++)
        ((void **)blocks)[i] = malloc(400);
    return blocks;
}

int main(void)
{
    for (int i = 0; i < THREADS; i++) {
        static void *blocks[BLOCKS];
        pthread_t thread;

        pthread_create(&thread, NULL, work, blocks);
        pthread_join(thread, NULL);
        for (int j = 0; j < BLOCKS; j++)
            free(blocks[j]);
    }
    puts("done");
    return 0;
}
