// SPDX-License-Identifier: MIT
// Blocks that are arguments of exit handlers: those have run when the program ends. One that
// handlers freed is no leak; one that they only looked at stays in the C library's list.
// LEAKS: reachable looked_at 1 40, definite lost_in_handler 1 48
#include "leaks.h"

static SITE void *looked_at(void)
{
    return malloc(40);
}

static SITE void *given_back(void)
{
    return malloc(56);
}

static SITE void lost_in_handler(void)
{
    void *volatile block = malloc(48);

    (void)block;
}

static void look(int status, void *block)
{
    memset(block, status, 1);
}

static void give_back(int status, void *block)
{
    (void)status;
    free(block);
}

static void lose_and_forget(void)
{
    lost_in_handler();
    forget();
}

int main(void)
{
    on_exit(look, looked_at());
    on_exit(give_back, given_back());
    atexit(lose_and_forget);
    forget();
    return 0;
}
