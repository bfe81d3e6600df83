// SPDX-License-Identifier: MIT
// Every function that we stand in for, called by functions whose frames can only be found by their
// frame pointer: each has its whole stack.
// EXPECT: all(len(sites(name)) >= 1 for name in ("by_malloc", "by_calloc", "by_realloc", "by_reallocarray", "by_memalign", "by_aligned_alloc", "by_posix_memalign", "by_valloc", "by_pvalloc"))
// EXPECT: all([f["function"] for f in s["stack"]][1:3] == ["all_hooks", "main"] and s["stack"][-1]["function"] == "_start" for s in sites("all_hooks") if s["stack"][0]["function"].startswith("by_"))
// EXPECT: [f["function"] for f in thread("by_pthread_create")[0]["created_by"]][:3] == ["by_pthread_create", "all_hooks", "main"]
// EXPECT: [[f["function"] for f in w["stack"]][:3] for w in lock("contended")["waiters"]] == [["by_pthread_mutex_lock", "all_hooks", "main"]]
// EXPECT: not any(health["dropped"].values())
#include "../await.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define MOVES(number)                                                                              \
    char space[(number) % 100 + 1]; /* finds its frame by the pointer */                           \
    __asm__ volatile("" ::"r"(space) : "memory")

pthread_mutex_t contended = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t holds;
static volatile int number = 3;

void by_malloc(void)
{
    MOVES(number);
    free(malloc(1));
}

void by_calloc(void)
{
    MOVES(number);
    free(calloc(2, 2));
}

void by_realloc(void)
{
    MOVES(number);
    free(realloc(realloc(NULL, 3), 300));
}

void by_reallocarray(void)
{
    MOVES(number);
    free(reallocarray(reallocarray(NULL, 2, 3), 4, 5));
}

void by_memalign(void)
{
    MOVES(number);
    free(memalign(64, 5));
}

void by_aligned_alloc(void)
{
    MOVES(number);
    free(aligned_alloc(64, 64));
}

void by_posix_memalign(void)
{
    void *block;

    MOVES(number);
    if (posix_memalign(&block, 64, 7) == 0)
        free(block);
}

void by_valloc(void)
{
    MOVES(number);
    free(valloc(8));
}

void by_pvalloc(void)
{
    MOVES(number);
    free(pvalloc(9));
}

static void *holder(void *argument)
{
    pthread_mutex_lock(&contended);
    pthread_barrier_wait(&holds);
    await_contended(&contended);
    pthread_mutex_unlock(&contended);
    return argument;
}

void by_pthread_create(pthread_t *thread)
{
    MOVES(number);
    pthread_create(thread, NULL, holder, NULL);
}

void by_pthread_mutex_lock(void)
{
    MOVES(number);
    pthread_mutex_lock(&contended);
    pthread_mutex_unlock(&contended);
}

void all_hooks(void)
{
    pthread_t thread;

    MOVES(number);
    by_malloc();
    by_calloc();
    by_realloc();
    by_reallocarray();
    by_memalign();
    by_aligned_alloc();
    by_posix_memalign();
    by_valloc();
    by_pvalloc();
    by_pthread_create(&thread);
    pthread_barrier_wait(&holds);
    by_pthread_mutex_lock();
    pthread_join(thread, NULL);
}

int main(void)
{
    pthread_barrier_init(&holds, NULL, 2);
    all_hooks();
    return 0;
}
