// SPDX-License-Identifier: MIT
// A thread that runs has its only pointers in vector registers: it is moving memory about.
// LEAKS: reachable hold 2 600, reachable hold_upper 1 400, definite lose 1 48
// MEMCHECK: definite hold 2 600, definite hold_upper 1 400, definite lose 1 48
#include "leaks.h"

static void *volatile blocks[4] __attribute__((aligned(16)));
static volatile int is_ready;

static SITE void *hold(void)
{
    return malloc(300);
}

static SITE void *hold_upper(void)
{
    return malloc(400);
}

static SITE void lose(void)
{
    malloc(48);
}

static SITE void fill(void)
{
    blocks[0] = hold();
    blocks[1] = hold();
    blocks[3] = hold_upper();
    lose();
    forget();
}

static void *live(void *unused)
{
    fill();
    __asm__ volatile("movdqa (%0), %%xmm5\n"
                     "movdqa 16(%0), %%xmm15\n"
                     "movq $0, (%0)\n"
                     "movq $0, 8(%0)\n"
                     "movq $0, 16(%0)\n"
                     "movq $0, 24(%0)\n"
                     "movl $1, %1\n"
                     "1: pause\n"
                     "jmp 1b"
                     :
                     : "r"(blocks), "m"(is_ready)
                     : "xmm5", "xmm15", "memory");
    return unused;
}

int main(void)
{
    start_thread(live, NULL);
    while (!is_ready)
        usleep(100);
    forget();
    return 0;
}
