// SPDX-License-Identifier: MIT
// A library of unloaded_library.c.
#include <stdlib.h>

void first_function(void)
{
    malloc(11);
}
