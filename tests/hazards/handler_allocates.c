// SPDX-License-Identifier: MIT
// A signal handler allocates, also while one of our hooks runs: nothing breaks, the sums hold, and
// what passed by is counted. Not where it interrupted libc: its malloc would not survive that.
// EXPECT: site("work")["allocations"] == 200000
// EXPECT: heap["allocations"] + health["dropped"]["nested"] >= 200000
// OUTPUT: varies
#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/time.h>
#include <ucontext.h>

static volatile int handled;
static struct dl_find_object libc;

void handler(int signal, siginfo_t *info, void *context)
{
    uintptr_t pc = (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

    (void)signal;
    (void)info;
    if (pc >= (uintptr_t)libc.dlfo_map_start && pc < (uintptr_t)libc.dlfo_map_end)
        return;
    free(malloc(10));
    handled++;
}

void *volatile block;

void work(void)
{
    block = malloc(20);
    free(block);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    struct itimerval often = {{0, 100}, {0, 100}};

    if (_dl_find_object((void *)gnu_get_libc_version, &libc) != 0)
        return 2;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 200000; i++)
        work();
    while (!handled) // a busy machine: none has come yet
        continue;
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    return 0;
}
