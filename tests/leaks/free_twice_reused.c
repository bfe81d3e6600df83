// SPDX-License-Identifier: MIT
// A block is freed a second time when its address is another block's: that one is freed, and nobody
// can tell. Memcheck gives freed memory away again late, and so sees it.
// LEAKS: none
// MISUSE: none
// MEMCHECK: definite reuse 1 100
// MEMCHECK-MISUSE: invalid make release_again 1
#include "leaks.h"

static void *volatile dangling;

static SITE void make(void)
{
    dangling = malloc(100);
}

static SITE void release(void)
{
    free(dangling);
}

static SITE void reuse(void)
{
    void *volatile block = malloc(100);

    (void)block;
}

static SITE void release_again(void)
{
    free(dangling);
}

int main(void)
{
    make();
    release();
    reuse();
    release_again();
    dangling = NULL;
    forget();
    return 0;
}
