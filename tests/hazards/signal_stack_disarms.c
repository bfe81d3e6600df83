// SPDX-License-Identifier: MIT
// A handler on a signal stack that the kernel forgets while it runs (SS_AUTODISARM) allocates, also
// while one of our hooks runs: it is known to be inside of that hook all the same.
// EXPECT: site("work")["allocations"] == int(stdout)
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

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31) // linux/signal.h; not in glibc's headers
#endif

static volatile int handled;
static struct dl_find_object libc;

// Not where it interrupted libc: its malloc would not survive that.
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
    stack_t other = {.ss_sp = space, .ss_size = sizeof(space), .ss_flags = (int)SS_AUTODISARM};
    struct itimerval often = {{0, 100}, {0, 100}};
    int worked = 0;

    if (_dl_find_object((void *)gnu_get_libc_version, &libc) != 0 || sigaltstack(&other, NULL) != 0)
        return 2;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    while (worked < 200000 || handled < 100) {
        work();
        worked++;
    }
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    printf("%d", worked);
    return 0;
}
