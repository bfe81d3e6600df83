// SPDX-License-Identifier: MIT
// The program finds libc's own malloc past everybody (dlsym of libc's handle, __libc_malloc), and
// mixes its blocks with those of ours: freed by the other one, and coming back.
// EXPECT: site("seen")["allocations"] == 2000
// EVERY_MODE: heap["mismatches"] == []
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t size);
extern void __libc_free(void *block);

static void *(*libc_malloc)(size_t);
static void (*libc_free)(void *);

void *seen(void)
{
    return malloc(64);
}

int main(void)
{
    void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);

    libc_malloc = (void *(*)(size_t))dlsym(libc, "malloc");
    libc_free = (void (*)(void *))dlsym(libc, "free");
    for (int i = 0; i < 1000; i++) {
        libc_free(seen()); // its record stays, until the address comes back
        free(libc_malloc(64));
        __libc_free(seen());
        free(realloc(__libc_malloc(64), 5000));
    }
    puts("done");
    return 0;
}
