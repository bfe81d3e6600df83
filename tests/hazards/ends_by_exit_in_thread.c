// SPDX-License-Identifier: MIT
// exit by another thread than main, with handlers and destructors of the host still to run.
// STATUS: 5
// EXPECT: process["exit"] == {"kind": "exited", "status": 5}
// EXPECT: site("in_atexit")["allocations"] == 1
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

void in_atexit(void)
{
    malloc(9);
}

void *work(void *unused)
{
    exit(5);
    return unused;
}

int main(void)
{
    pthread_t thread;

    atexit(in_atexit);
    pthread_create(&thread, NULL, work, NULL);
    pause();
    return 0;
}
