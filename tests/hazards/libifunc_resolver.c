// SPDX-License-Identifier: MIT
//
// The library of ifunc_resolver.c: the resolver of an indirect function allocates.
#include <stdlib.h>
#include <string.h>

static int one(void)
{
    free(malloc(1));
    return 1;
}

static int two(void)
{
    free(malloc(2));
    return 2;
}

static int (*resolve(void))(void)
{
    char *block = malloc(100);
    char *copy = block ? realloc(block, 300) : NULL;
    int is_one = !copy || strcmp(strcpy(copy, "one"), "one") == 0;

    free(copy);
    free(calloc(3, 3));
    return is_one ? one : two;
}

int indirect(void) __attribute__((ifunc("resolve")));
