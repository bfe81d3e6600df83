// SPDX-License-Identifier: MIT
// main returns while threads make threads that detach themselves: the process ends, at once and
// with its own status.
// STATUS: 9
// WITNESS: without threads
// EXPECT: process["exit"] == {"kind": "exited", "status": 9}
// EXPECT: threads["created"] > 50 and threads["running_at_exit"] >= 4
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static int made;

static void *brief(void *unused)
{
    free(malloc(20));
    __atomic_fetch_add(&made, 1, __ATOMIC_RELAXED);
    return unused;
}

static void *storm(void *unused)
{
    for (;;) {
        pthread_t thread;

        if (pthread_create(&thread, NULL, brief, NULL) == 0)
            pthread_detach(thread);
    }
    return unused;
}

int main(void)
{
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, storm, NULL);
    while (__atomic_load_n(&made, __ATOMIC_RELAXED) < 100)
        usleep(1000);
    return 9;
}
