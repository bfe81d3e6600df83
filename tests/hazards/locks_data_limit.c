// SPDX-License-Identifier: MIT
// All memory that comes is locked (MCL_FUTURE), and there is a limit for what can be written
// (RLIMIT_DATA), which is used up: mappings that can't be accessed don't count for it, and making
// them accessible fails. A thread that needs no mapping itself works.
// EXPECT: site("own")["allocations"] == 100
// EVERY_MODE: process["exit"] == {"kind": "exited", "status": 0}
#include "status_kib.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define STACK_BYTES (256 << 10)
#define BLOCKS 100

static char stack[STACK_BYTES] __attribute__((aligned(4096)));
static char *kept[BLOCKS];

static void *own(void *argument)
{
    for (int i = 0; i < BLOCKS; i++)
        kept[i] = malloc(40);
    return argument;
}

int main(void)
{
    struct rlimit before, limit;
    pthread_attr_t attributes;
    pthread_t thread;

    if (mlockall(MCL_FUTURE) != 0)
        return 2;
    mallopt(M_ARENA_MAX, 1); // another one has no room either
    getrlimit(RLIMIT_DATA, &before);
    limit = (struct rlimit){(rlim_t)status_kib("VmData:") << 10, before.rlim_max};
    setrlimit(RLIMIT_DATA, &limit);
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, sizeof(stack));
    if (pthread_create(&thread, &attributes, own, NULL) != 0)
        return 3;
    pthread_join(thread, NULL);
    setrlimit(RLIMIT_DATA, &before);
    puts("joined");
    return 0;
}
