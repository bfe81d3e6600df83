// SPDX-License-Identifier: MIT
// A signal handler allocates, also while one of our hooks runs: nothing breaks, the sums hold, and
// what passed by is counted. Not where it interrupted libc: its malloc would not survive that.
// Built twice: the handler on the stack that it interrupts, and on a signal stack that the kernel
// forgets while it runs (SS_AUTODISARM), so that nobody but us knows where it is.
// EXPECT: site("work")["allocations"] == int(stdout)
// EXPECT: site("work")["live_blocks"] == 0
// EXPECT: health["dropped"]["nested"] > 0
// OUTPUT: varies
#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <ucontext.h>

#define AUTODISARM (1u << 31) // SS_AUTODISARM of linux/signal.h; glibc's headers lack it

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
    static char space[64 << 10];
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    stack_t other = {.ss_sp = space, .ss_size = sizeof(space), .ss_flags = (int)AUTODISARM};
    struct itimerval often = {{0, 100}, {0, 100}};
    int worked = 0;

    if (_dl_find_object((void *)gnu_get_libc_version, &libc) != 0)
        return 2;
#ifdef ON_SIGNAL_STACK
    if (sigaltstack(&other, NULL) != 0)
        return 3;
#endif
    (void)other;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    for (; worked < 200000 || handled < 100; worked++)
        work();
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    printf("%d", worked);
    return 0;
}
