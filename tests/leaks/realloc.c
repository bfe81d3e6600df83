// SPDX-License-Identifier: MIT
// Blocks that realloc made: a leak has the stack of the last call. A pointer to where a block was
// before holds nothing.
// LEAKS: definite grow 1 5000, definite shrink 1 16, reachable keep 1 700000
// LEAKS: definite from_null 1 40, definite moved 1 900000, definite array 1 48000
// LEAKS: reachable barrier 1 24
#include "leaks.h"

static void *volatile kept, *volatile old, *barrier_block;

static SITE void grow(void)
{
    realloc(malloc(50), 5000);
}

static SITE void shrink(void)
{
    realloc(malloc(500), 16);
}

static SITE void keep(void)
{
    kept = realloc(malloc(300000), 700000);
}

static SITE void from_null(void)
{
    realloc(NULL, 40);
}

static SITE void barrier(void)
{
    barrier_block = malloc(24);
}

static SITE void moved(void)
{
    old = malloc(2000);
    barrier();
    realloc(old, 900000);
}

static SITE void array(void)
{
    reallocarray(NULL, 1200, 40);
}

int main(void)
{
    grow();
    shrink();
    keep();
    from_null();
    moved();
    array();
    forget();
    return 0;
}
