// SPDX-License-Identifier: MIT
// A library that host.c loads and unloads.
#include <stdlib.h>
#include <string.h>

int host_library(int size);

int host_library(int size)
{
    char *block = malloc((size_t)size);
    int sum;

    memset(block, 1, (size_t)size);
    sum = block[0] + block[size - 1];
    free(block);
    return sum;
}
