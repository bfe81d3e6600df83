// SPDX-License-Identifier: MIT
// Many threads one after the other: all recorded, with slots used again, counts exact.
// EXPECT: threads["created"] == 3000 == threads["finished"] and threads["leaked"] == 0
// EXPECT: site("work")["allocations"] == 3000 == site("work")["frees"]
// EXPECT: len(thread("main")) == 3000 and all(t["allocations"] == 1 for t in thread("main"))
// EXPECT: threads["peak"] <= 4
#include <pthread.h>
#include <stdlib.h>

void *work(void *unused)
{
    free(malloc(33));
    return unused;
}

int main(void)
{
    for (int i = 0; i < 1000; i++) {
        pthread_t threads[3];
        for (int j = 0; j < 3; j++)
            pthread_create(&threads[j], NULL, work, NULL);
        for (int j = 0; j < 3; j++)
            pthread_join(threads[j], NULL);
    }
    return 0;
}
