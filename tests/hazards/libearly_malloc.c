// SPDX-License-Identifier: MIT
// A library of bundled_allocator.c: it allocates before our constructor has run.
#include <stdlib.h>

void *volatile early_block;

__attribute__((constructor)) static void allocate(void)
{
    early_block = malloc(10);
}
