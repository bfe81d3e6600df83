// SPDX-License-Identifier: MIT
// Threads that allocate one small block each: a thread's first allocation is no likelier to be
// sampled than any other.
// OPTIONS: heap=4k:sample_seed=1
// EXPECT: 1000 < site("once")["allocations"] < 3000
// EXPECT: threads["created"] == 2000
#include <pthread.h>
#include <stdlib.h>

void *volatile block;

void *once(void *unused)
{
    block = malloc(64);
    return unused;
}

int main(void)
{
    for (int i = 0; i < 2000; i++) {
        pthread_t thread;

        pthread_create(&thread, NULL, once, NULL);
        pthread_join(thread, NULL);
    }
    return 0;
}
