// SPDX-License-Identifier: MIT
// The library of late_waits.c: its constructor runs before ours, so its handler after ours.
#include <stdio.h>
#include <time.h>

extern int __cxa_atexit(void (*)(void *), void *, void *);

int late_sent, late_interrupted;
volatile int late_handled;

static void rest_ms(long duration)
{
    struct timespec rest = {0, duration * 1000000};

    while (nanosleep(&rest, &rest) != 0)
        continue;
}

static void run_on(void *unused)
{
    (void)unused;
    rest_ms(300);
    for (int i = 0; i < 2000 && late_handled < late_sent; i++)
        rest_ms(1);
    printf("%d interrupted, signals %s\n", late_interrupted,
           late_handled == late_sent ? "all there" : "lost");
    fflush(stdout);
}

__attribute__((constructor)) static void construct(void)
{
    __cxa_atexit(run_on, NULL, NULL);
}
