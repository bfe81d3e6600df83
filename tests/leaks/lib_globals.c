// SPDX-License-Identifier: MIT
// A library that keeps a block in a global, and one of its own.
#include "leaks.h"

static void *kept, *kept_own;

void lib_hold(void *block);

static SITE void make_own(void)
{
    kept_own = malloc(1000);
}

void lib_hold(void *block)
{
    kept = block;
    make_own();
    (void)kept;
}
