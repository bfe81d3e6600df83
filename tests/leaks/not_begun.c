// SPDX-License-Identifier: MIT
// The process ends while threads are being started: what they are given is in nobody's hands then.
// LEAKS: reachable start 20 14190
#include "leaks.h"

static void *live(void *argument)
{
    pause();
    return argument;
}

static SITE void start(void)
{
    pthread_t thread;

    for (size_t i = 0; i < 20; i++)
        pthread_create(&thread, NULL, live, malloc(700 + i));
}

int main(void)
{
    start();
    forget();
    _exit(0);
}
