// SPDX-License-Identifier: MIT
// Functions that some versions of libc have and others don't, found or not at run time: what is
// found works.
// EXPECT: site("main")["allocations"] == 3 == site("main")["frees"]
// EVERY_MODE: heap["mismatches"] == []
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    void (*sized)(void *, size_t) = (void (*)(void *, size_t))dlsym(RTLD_DEFAULT, "free_sized");
    void (*aligned)(void *, size_t, size_t) =
        (void (*)(void *, size_t, size_t))dlsym(RTLD_DEFAULT, "free_aligned_sized");
    void (*old)(void *) = (void (*)(void *))dlsym(RTLD_DEFAULT, "cfree");
    void *blocks[] = {malloc(20), aligned_alloc(64, 128), malloc(5)};

    if (sized)
        sized(blocks[0], 20);
    else
        free(blocks[0]);
    if (aligned)
        aligned(blocks[1], 64, 128);
    else
        free(blocks[1]);
    if (old)
        old(blocks[2]);
    else
        free(blocks[2]);
    return 0;
}
