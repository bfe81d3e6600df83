// SPDX-License-Identifier: MIT
// Functions that have returned left pointers below the stack of main, which calls exit: they hold
// nothing. A frame that was made over such words and never wrote to it has them: to a scan they are
// variables; Memcheck knows that they were never set.
// LEAKS: definite left_below 30 1200, reachable under_a_frame 30 1440
// MEMCHECK: definite left_below 30 1200, definite under_a_frame 30 1440
#include "leaks.h"

static SITE void *left_below(void)
{
    return malloc(40);
}

static SITE void *under_a_frame(void)
{
    return malloc(48);
}

static SITE void leave(void *(*make)(void))
{
    void *volatile blocks[60];

    for (int i = 0; i < 30; i++) {
        blocks[30 + i] = NULL;
        blocks[i] = make();
    }
    (void)blocks[0];
}

static SITE void over_it(void)
{
    void *volatile unset[100];

    __asm__ volatile("" : : "r"(unset) : "memory");
    exit(0);
}

static SITE void deeper(void)
{
    volatile char room[20000];

    room[0] = 0;
    (void)room[0];
    leave(left_below);
}

int main(void)
{
    deeper();
    leave(under_a_frame);
    over_it();
}
