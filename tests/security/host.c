// SPDX-License-Identifier: MIT
//
// host.c - allocates a little in two threads, leaks a block, and says so.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static void *volatile kept;

static void *allocate(void *unused)
{
    kept = malloc(1000);
    kept = malloc(2000);
    return unused;
}

int main(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, allocate, NULL) != 0 || pthread_join(thread, NULL) != 0)
        return 1;
    kept = NULL;
    puts("done");
    return 0;
}
