// SPDX-License-Identifier: MIT
// The host's allocator takes pthread mutexes, as jemalloc does: our hooks run inside it, with its
// locks held, and must not allocate from it.
// EXPECT: site("work")["allocations"] == 4000 == site("work")["frees"]
// EXPECT: health["allocator"] == "liblocking.so"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

void *work(void *unused)
{
    for (int i = 0; i < 1000; i++)
        free(malloc(10));
    return unused;
}

int main(void)
{
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    puts("done");
    return 0;
}
