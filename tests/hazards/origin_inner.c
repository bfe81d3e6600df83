// SPDX-License-Identifier: MIT
//
// A library of origin.c.
#include <stdlib.h>

int inner(void)
{
    free(malloc(77));
    return 77;
}
