// SPDX-License-Identifier: MIT
// The library of late_handler.c: its constructor runs before ours, so its handler after ours.
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

extern int __cxa_atexit(void (*)(void *), void *, void *);

int late_signals;
pthread_t late_thread;

static void run_on(void *unused)
{
    struct timespec rest = {0, 300000000};

    (void)unused;
    while (nanosleep(&rest, &rest) != 0)
        continue;
    printf("%d signals, wait %d, ", late_signals, waitpid(-1, NULL, WNOHANG));
    printf("thread %s\n", pthread_join(late_thread, NULL) == 0 ? "done" : "lost");
    fflush(stdout);
}

__attribute__((constructor)) static void construct(void)
{
    __cxa_atexit(run_on, NULL, NULL);
}
