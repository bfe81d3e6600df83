// SPDX-License-Identifier: MIT
// The program ends by quick_exit in a function: what the frames up to main hold is reachable.
// LEAKS: reachable of_main 1 40, reachable of_leaf 1 48, definite lose 1 56
#include "leaks.h"

static SITE void *of_main(void)
{
    return malloc(40);
}

static SITE void *of_leaf(void)
{
    return malloc(48);
}

static SITE void lose(void)
{
    void *volatile block = malloc(56);

    (void)block;
}

static SITE void leaf(void)
{
    void *volatile block = of_leaf();

    lose();
    forget();
    quick_exit(block == NULL);
}

int main(void)
{
    void *volatile block = of_main();

    leaf();
    return block == NULL;
}
