// SPDX-License-Identifier: MIT
// Threads on the smallest stack that pthread allows.
// EXPECT: site("work")["allocations"] == 20 and site("work")["live_blocks"] == 0
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *work(void *unused)
{
    free(malloc(10));
    return unused;
}

int main(void)
{
    pthread_attr_t attributes;

    pthread_attr_init(&attributes);
    printf("%d\n", pthread_attr_setstacksize(&attributes, sysconf(_SC_THREAD_STACK_MIN)));
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        printf("%d\n", pthread_create(&thread, &attributes, work, NULL));
        pthread_join(thread, NULL);
    }
    return 0;
}
