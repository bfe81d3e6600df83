// SPDX-License-Identifier: MIT
// The host's allocator takes pthread mutexes, as jemalloc does: our hooks run inside it, with its
// locks held, and must not allocate from it. Threads of thrd_create meet us there first.
// EXPECT: site("work")["allocations"] == 4000 == site("work")["frees"]
// EXPECT: health["allocator"] == "liblocking.so"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <threads.h>

void *work(void *unused)
{
    for (int i = 0; i < 1000; i++)
        free(malloc(10));
    return unused;
}

int work_unseen(void *unused)
{
    work(unused);
    return 0;
}

int main(void)
{
    pthread_t threads[2];
    thrd_t unseen[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < 2; i++)
        thrd_create(&unseen[i], work_unseen, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 2; i++)
        thrd_join(unseen[i], NULL);
    puts("done");
    return 0;
}
