// SPDX-License-Identifier: MIT
// host.c - a program with something for every view: blocks of known lines, recursion of two
// functions, threads of one and of several names, a contended mutex, leaks, a library that is
// loaded, unloaded and loaded again. Lines that matter end in a name, which the tests look for.
#include "../await.h"

#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noclone))

static void *volatile kept[4096];
static int kept_count;
static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t about_to_lock;
static _Atomic(pid_t) workers[8];
static atomic_int worker_count;

static void keep(void *block)
{
    kept[kept_count++] = block;
}

static NOINLINE void make_kept(int count)
{
    for (int i = 0; i < count; i++)
        keep(malloc(1000)); // LINE kept
}

static NOINLINE void make_temporary(int count)
{
    for (int i = 0; i < count; i++)
        free(malloc(333)); // LINE temporary
}

static NOINLINE void make_leaks(int count)
{
    for (int i = 0; i < count; i++)
        *(void *volatile *)malloc(48) = NULL; // LINE leaked
}

static NOINLINE void *odd(int depth);

static NOINLINE void *even(int depth)
{
    if (depth == 0)
        return malloc(70); // LINE recursion
    void *block = odd(depth - 1);
    keep(malloc(7));
    return block;
}

static NOINLINE void *odd(int depth)
{
    void *block = depth == 0 ? malloc(50) : even(depth - 1);
    return block;
}

static inline __attribute__((always_inline)) void *inlined_inner(size_t bytes)
{
    return malloc(bytes); // LINE inner
}

static inline __attribute__((always_inline)) void *inlined_outer(size_t bytes)
{
    void *block = inlined_inner(bytes); // LINE outer
    keep(block);
    return block;
}

static NOINLINE void *has_inlines(size_t bytes)
{
    return inlined_outer(bytes); // LINE around
}

static NOINLINE void work(int count)
{
    for (int i = 0; i < count; i++)
        free(malloc(200));
}

static void *worker(void *argument)
{
    pthread_setname_np(pthread_self(), argument);
    work(10);
    atomic_store(&workers[atomic_fetch_add(&worker_count, 1)], gettid());
    sem_post(&about_to_lock);
    pthread_mutex_lock(&shared_lock);
    pthread_mutex_unlock(&shared_lock);
    return NULL;
}

static void *sleeper(void *argument)
{
    sem_post(argument);
    for (;;)
        pause();
    return NULL;
}

static NOINLINE void contend(const char *const *names, int count)
{
    pthread_t threads[8];

    pthread_mutex_lock(&shared_lock);
    for (int i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, worker, (void *)names[i]);
    for (int i = 0; i < count; i++)
        sem_wait(&about_to_lock);
    for (int i = 0; i < count; i++)
        await_sleep(workers[i]);
    usleep(10000);
    pthread_mutex_unlock(&shared_lock);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

static NOINLINE void use_library(const char *path)
{
    void *library = dlopen(path, RTLD_NOW);
    void (*make)(int) = library ? (void (*)(int))dlsym(library, "library_make") : NULL;

    if (!make) {
        printf("%s\n", dlerror());
        exit(1);
    }
    make(5);
    dlclose(library);
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"worker", "worker", "parser", "worker"};
    pthread_t thread;

    sem_init(&about_to_lock, 0, 0);
    make_kept(20);
    make_temporary(30);
    make_leaks(4);
    keep(even(5));
    keep(odd(3));
    has_inlines(5000);
    contend(names, 4);
    for (int i = 1; i < argc; i++) {
        for (volatile int j = 0; j < 2; j++) // one call, not two
            use_library(argv[i]);
    }
    pthread_create(&thread, NULL, sleeper, &about_to_lock);
    sem_wait(&about_to_lock);
    return 0;
}
