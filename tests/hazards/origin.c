// SPDX-License-Identifier: MIT
// A library loads another one by a RUNPATH of its own, relative to where it lies: dlopen has to see
// who calls it.
// EXPECT: site("inner")["allocated_bytes"] == 77
#include <dlfcn.h>
#include <stdio.h>

int main(void)
{
    void *library = dlopen("$ORIGIN/origin_outer.so", RTLD_NOW);
    int (*outer)(void) = (int (*)(void))dlsym(library, "outer");

    printf("%d\n", outer());
    return 0;
}
