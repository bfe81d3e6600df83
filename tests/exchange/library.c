// SPDX-License-Identifier: MIT
// library.c - is loaded by host.c, twice.
#include <stdlib.h>

static void *volatile last;

__attribute__((visibility("default"))) void library_make(int count);

void library_make(int count)
{
    for (int i = 0; i < count; i++)
        last = malloc(60); // LINE library
}
