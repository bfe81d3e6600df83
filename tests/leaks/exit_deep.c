// SPDX-License-Identifier: MIT
// exit is called deep in the program: what the frames up to main hold is reachable.
// LEAKS: reachable of_main 1 40, reachable of_middle 5 240, reachable of_leaf 1 56
// LEAKS: definite lose 1 64
#include "leaks.h"

static SITE void *of_main(void)
{
    return malloc(40);
}

static SITE void *of_middle(void)
{
    return malloc(48);
}

static SITE void *of_leaf(void)
{
    return malloc(56);
}

static SITE void lose(void)
{
    void *volatile block = malloc(64);

    (void)block;
}

static SITE void leaf(void)
{
    void *volatile block = of_leaf();

    lose();
    forget();
    exit(block == NULL);
}

static SITE void middle(int depth)
{
    void *volatile block = of_middle();

    if (depth == 1)
        leaf();
    else
        middle(depth - 1);
    (void)block;
}

int main(void)
{
    void *volatile block = of_main();

    middle(5);
    return block == NULL;
}
