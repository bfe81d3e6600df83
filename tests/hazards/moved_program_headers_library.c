// SPDX-License-Identifier: MIT
// The library of moved_program_headers.c, before move_program_headers.py.
#include <stdlib.h>

void *allocate(void)
{
    return malloc(44);
}
