// SPDX-License-Identifier: MIT
// The process ends while threads are being started: what they are given is in nobody's hands then.
// LEAKS: reachable start 20 14190
#include "leaks.h"

#include <sched.h>

static void *live(void *argument)
{
    pause();
    return argument;
}

// On one processor, with a priority that others wait for where we may have it.
static void go_first(pthread_attr_t *of_others)
{
    struct sched_param first = {.sched_priority = 1};
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    sched_setaffinity(0, sizeof(one), &one);
    sched_setscheduler(0, SCHED_FIFO, &first);
    pthread_attr_init(of_others);
    pthread_attr_setinheritsched(of_others, PTHREAD_EXPLICIT_SCHED);
}

static SITE void start(void)
{
    pthread_attr_t attributes;
    pthread_t thread;

    go_first(&attributes);
    for (size_t i = 0; i < 20; i++)
        pthread_create(&thread, &attributes, live, malloc(700 + i));
}

int main(void)
{
    start();
    forget();
    _exit(0);
}
