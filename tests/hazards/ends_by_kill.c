// SPDX-License-Identifier: MIT
// SIGKILL in the middle of the work of several threads leaves a readable, consistent profile.
// STATUS: -9
// EXPECT: process["exit"]["kind"] == "killed"
// EXPECT: heap["allocations"] > 4000 and threads["created"] == 4
// EXPECT: all(s["live_blocks"] >= -4 for s in heap["sites"])
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_int working;

void *work(void *unused)
{
    for (int i = 0;; i++) {
        free(malloc((size_t)(rand() % 500)));
        if (i == 1000)
            working++;
    }
    return unused;
}

int main(void)
{
    pthread_t thread;

    for (int i = 0; i < 4; i++)
        pthread_create(&thread, NULL, work, NULL);
    while (working < 4)
        usleep(1000);
    kill(getpid(), SIGKILL);
    pause();
    return 0;
}
