// SPDX-License-Identifier: MIT
// Fibers: the stack pointer leaves the thread's stack; allocations there have their stacks.
// EXPECT: site("on_fiber")["allocations"] == 3000 and site("on_fiber")["live_blocks"] == 0
// EXPECT: all("fiber" in [f["function"] for f in s["stack"]] for s in sites("on_fiber"))
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

static ucontext_t home, fibers[3];

void on_fiber(void)
{
    free(malloc(40));
}

void fiber(int number)
{
    for (int i = 0; i < 1000; i++) {
        on_fiber();
        swapcontext(&fibers[number], &home);
    }
}

int main(void)
{
    for (int i = 0; i < 3; i++) {
        getcontext(&fibers[i]);
        fibers[i].uc_stack.ss_size = 64 << 10;
        fibers[i].uc_stack.ss_sp = malloc(64 << 10);
        fibers[i].uc_link = &home;
        makecontext(&fibers[i], (void (*)(void))fiber, 1, i);
    }
    for (int round = 0; round < 1000; round++)
        for (int i = 0; i < 3; i++)
            swapcontext(&home, &fibers[i]);
    puts("done");
    return 0;
}
