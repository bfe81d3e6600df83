// SPDX-License-Identifier: MIT
// A block that became the rest of the heap is freed again: glibc ends the program. (Under Memcheck
// it goes on.)
// LEAKS: unclassified
// MISUSE: double malloc free make release_again 1
// STATUS: -6
// MEMCHECK: none
#include "leaks.h"

static void *volatile dangling;

static SITE void make(void)
{
    dangling = malloc(4000);
}

static SITE void release(void)
{
    free(dangling);
}

static SITE void release_again(void)
{
    free(dangling);
}

int main(void)
{
    make();
    release();
    release_again();
    return 0;
}
