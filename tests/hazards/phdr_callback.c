// SPDX-License-Identifier: MIT
// Callbacks of dl_iterate_phdr, which hold the loader's lock, allocate and throw stacks of their
// own, while other threads allocate, take backtraces, and load libraries.
// EXPECT: site("visit")["allocations"] == site("visit")["frees"] > 1000
// EVERY_MODE: health["complete"]
#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 300

int visit(struct dl_phdr_info *info, size_t size, void *count)
{
    (void)info;
    free(malloc(size));
    ++*(int *)count;
    return 0;
}

static void *iterate(void *unused)
{
    int count = 0;

    for (int i = 0; i < ROUNDS; i++)
        dl_iterate_phdr(visit, &count);
    return unused;
}

static void *look_back(void *unused)
{
    void *frames[20];

    for (int i = 0; i < ROUNDS; i++)
        free(backtrace_symbols(frames, backtrace(frames, 20)));
    return unused;
}

static void *load(void *unused)
{
    for (int i = 0; i < ROUNDS; i++)
        dlclose(dlopen("$ORIGIN/scope_library.so", RTLD_NOW));
    return unused;
}

int main(void)
{
    void *(*const work[])(void *) = {iterate, iterate, look_back, load};
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, work[i], NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    puts("done");
    return 0;
}
