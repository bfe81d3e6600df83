// SPDX-License-Identifier: MIT
//
// A library of origin.c: it loads the other one by its bare name, which its own RUNPATH tells where
// to look for.
#include <dlfcn.h>

int outer(void)
{
    void *library = dlopen("origin_inner.so", RTLD_NOW);
    int (*inner)(void) = library ? (int (*)(void))dlsym(library, "inner") : 0;

    return inner ? inner() : -1;
}
