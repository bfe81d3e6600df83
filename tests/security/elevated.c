// SPDX-License-Identifier: MIT
//
// elevated.c - linked with libgaiaprof.so by its absolute path, which ld.so keeps to in a program
// with raised privileges. Says whether it has them, and which variables it was left.
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>

static void *volatile kept;

int main(void)
{
    kept = malloc(100);
    printf("secure %lu\n", getauxval(AT_SECURE));
    printf("options %s\n", getenv("GAIAPROF_OPTIONS") ? getenv("GAIAPROF_OPTIONS") : "none");
    return 0;
}
