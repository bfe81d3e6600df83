// SPDX-License-Identifier: MIT
//
// leaky_source.c - its debug information says that it is the file SOURCE.
#include <stdlib.h>

static void *volatile kept;

#line 1 SOURCE
__attribute__((noinline)) static void evil_function(void)
{
    kept = malloc(4321);
}

int main(void)
{
    evil_function();
    return 0;
}
