// SPDX-License-Identifier: MIT
// A signal handler allocates, also while one of our hooks runs: nothing breaks, the sums hold, and
// what passed by is counted.
// EXPECT: site("work")["allocations"] == 200000
// EXPECT: heap["allocations"] + health["dropped"]["nested"] >= 200000
// OUTPUT: varies
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

static volatile int handled;

void handler(int signal)
{
    (void)signal;
    free(
        malloc(10)); // not allowed by POSIX, and done; glibc survives it only outside its own locks
    handled++;
}

void *volatile block;

void work(void)
{
    sigset_t alarm;

    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    block = malloc(20);
    free(block);
}

int main(void)
{
    struct itimerval often = {{0, 100}, {0, 100}};

    signal(SIGALRM, handler);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 200000; i++)
        work();
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    return handled == 0;
}
