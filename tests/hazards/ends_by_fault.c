// SPDX-License-Identifier: MIT
// A fault in a thread kills the process, others allocating: the profile is readable.
// STATUS: -11
// EXPECT: process["exit"]["kind"] == "killed"
// EXPECT: site("busy")["allocations"] >= 1000 and site("before")["live_blocks"] == 3
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static int rounds;

static void *busy(void *unused)
{
    for (;;) {
        free(malloc(10));
        __atomic_fetch_add(&rounds, 1, __ATOMIC_RELAXED);
    }
    return unused;
}

static void before(void)
{
    malloc(70);
}

static void *fault(void *address)
{
    *(volatile int *)address = 1;
    return NULL;
}

int main(void)
{
    pthread_t thread;

    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    for (int i = 0; i < 3; i++)
        before();
    for (int i = 0; i < 2; i++)
        pthread_create(&thread, NULL, busy, NULL);
    while (__atomic_load_n(&rounds, __ATOMIC_RELAXED) < 2000)
        usleep(1000);
    pthread_create(&thread, NULL, fault, (void *)16);
    pthread_join(thread, NULL);
    return 0;
}
