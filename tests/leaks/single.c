// SPDX-License-Identifier: MIT
// One block is lost, one is held by a global, one was freed.
// LEAKS: definite lose 1 40, reachable keep 1 48
#include "leaks.h"

static void *volatile kept;

static SITE void lose(void)
{
    void *volatile block = malloc(40);

    block = NULL;
    (void)block;
}

static SITE void keep(void)
{
    kept = malloc(48);
}

static SITE void give_back(void)
{
    free(malloc(56));
}

int main(void)
{
    lose();
    keep();
    give_back();
    forget();
    return 0;
}
