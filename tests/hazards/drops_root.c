// SPDX-License-Identifier: MIT
// A server gives up root for good, with threads running: its calls return as without us, and it may
// not come back. The profile that it may no longer open grows, where the file system has holes for
// it; else what was lost is counted. Without root it has nothing to give.
// EXPECT: site("before")["allocations"] == 3 and process["exit"]["status"] == 0
// EXPECT: len(sites("branch")) == 4096 or health["dropped"]["profile_full"] > 0
#include "many_stacks.h"

#include <grp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NOBODY 65534

static int may_end;

static void before(void)
{
    malloc(16);
}

static void *work(void *unused)
{
    while (!__atomic_load_n(&may_end, __ATOMIC_RELAXED))
        free(malloc(24));
    return unused;
}

static void drop(void)
{
    int results[4];

    results[0] = setgroups(0, NULL);
    results[1] = setresgid(NOBODY, NOBODY, NOBODY);
    results[2] = setresuid(NOBODY, NOBODY, NOBODY);
    results[3] = setuid(0);
    printf("%d %d %d, back %d\n", results[0], results[1], results[2], results[3]);
}

int main(void)
{
    pthread_t threads[3];

    for (int i = 0; i < 3; i++)
        before();
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    if (getuid() == 0)
        drop();
    else
        printf("no root\n");
    many_stacks(12);
    __atomic_store_n(&may_end, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    printf("%d\n", getuid() == 0);
    return 0;
}
