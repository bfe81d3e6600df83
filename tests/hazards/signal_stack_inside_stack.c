// SPDX-License-Identifier: MIT
// The signal stack lies inside the thread's stack, other data below it: a hook in the handler must
// not take that for room of its own.
// EXPECT: site("handler")["allocations"] == 10
// EXPECT: process["exit"] == {"kind": "exited", "status": 0}
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILL 0x5a

struct frame {
    char canary[16384];
    char stack[65536];
};

void *volatile block;

void handler(int signal)
{
    (void)signal;
    block = malloc(10);
    free(block);
}

int main(void)
{
    struct frame frame;
    // what the kernel's frame needs, and 1.5 KiB for handler and malloc
    size_t bytes = (sysconf(_SC_MINSIGSTKSZ) + 1536 + 15) & ~15;
    stack_t stack = {.ss_sp = frame.stack, .ss_size = bytes};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    int damaged = 0;

    memset(&frame, FILL, sizeof(frame));
    free(malloc(1)); // binds the names, which needs more stack than the call
    sigaltstack(&stack, NULL);
    sigaction(SIGUSR1, &action, NULL);
    for (int i = 0; i < 10; i++)
        raise(SIGUSR1);
    for (size_t i = 0; i < sizeof(frame.canary); i++)
        damaged += frame.canary[i] != FILL;
    printf("%d bytes damaged\n", damaged);
    return 0;
}
