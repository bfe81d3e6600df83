// SPDX-License-Identifier: MIT
// A signal handler calls exit: what the interrupted frames hold is reachable.
// LEAKS: reachable of_main 1 40, reachable of_handler 1 48, definite lose 1 56
#include "leaks.h"

#include <signal.h>

static SITE void *of_main(void)
{
    return malloc(40);
}

static SITE void *of_handler(void)
{
    return malloc(48);
}

static SITE void lose(void)
{
    void *volatile block = malloc(56);

    (void)block;
}

static void handle(int signal)
{
    void *volatile block = of_handler();

    (void)signal;
    lose();
    forget();
    exit(block == NULL);
}

int main(void)
{
    void *volatile block = of_main();

    signal(SIGUSR1, handle);
    forget();
    raise(SIGUSR1);
    return block == NULL;
}
