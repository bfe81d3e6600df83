// SPDX-License-Identifier: MIT
//
// other.c - a function that has the name of another.
#include <stdlib.h>

void other_run(void);

static void *kept;

static void helper(void)
{
    kept = malloc(5000);
}

void other_run(void)
{
    helper();
    if (kept == NULL)
        abort();
}
