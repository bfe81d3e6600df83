// SPDX-License-Identifier: MIT
// Blocks of one thread freed by another: nothing is lost, nothing is temporary.
// EXPECT: site("produce")["allocations"] == 20000 == site("produce")["frees"]
// EXPECT: site("produce")["live_bytes"] == 0 and site("produce")["temporary"] == 0
// EXPECT: thread("main")[0]["allocations"] == 20000
// EXPECT: threads["created"] == 2 and threads["leaked"] == 0
#include <pthread.h>
#include <stdlib.h>

#define COUNT 20000
static void *blocks[COUNT];

void *produce(void)
{
    return malloc(24);
}

void *producer(void *unused)
{
    for (int i = 0; i < COUNT; i++)
        blocks[i] = produce();
    return unused;
}

void *consumer(void *unused)
{
    for (int i = 0; i < COUNT; i++)
        free(blocks[i]);
    return unused;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, producer, NULL);
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, consumer, NULL);
    pthread_join(thread, NULL);
    return 0;
}
