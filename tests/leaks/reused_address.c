// SPDX-License-Identifier: MIT
// A pointer to a freed block, at whose address there is another block now: by its value it holds
// that one. Memcheck gives freed memory away again late, so to it the new block is lost.
// LEAKS: reachable reuse 1 40
// MEMCHECK: definite reuse 1 40
#include "leaks.h"

static void *volatile dangling;

static SITE void once(void)
{
    dangling = malloc(40);
    free(dangling);
}

static SITE void reuse(void)
{
    void *volatile block = malloc(40);

    (void)block;
}

int main(void)
{
    once();
    reuse();
    forget();
    return 0;
}
