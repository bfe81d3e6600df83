// SPDX-License-Identifier: MIT
// A library of unloaded_library.c.
#include <stdlib.h>

void second_function(void)
{
    malloc(11);
}
