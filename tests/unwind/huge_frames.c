// SPDX-License-Identifier: MIT
// Frames of many megabytes, with and without a frame pointer, on threads with stacks to match.
// EXPECT: site("leaf")["allocations"] == int(stdout) and all(spelled(s) for s in sites("leaf"))
// EXPECT: all("thread_main" in [f["function"] for f in s["stack"]] for s in sites("leaf"))
// EXPECT: not any(health["dropped"].values())
#include "spell.h"

#include <pthread.h>
#include <stdio.h>

#define MIB ((size_t)1 << 20)

void step_1(struct walk *walk, unsigned bytes)
{
    char large[3 * MIB];

    large[0] = 0;
    __asm__ volatile("" ::"r"(large) : "memory");
    go_on(walk, bytes);
    go_on(walk, bytes);
}

__attribute__((optimize("no-omit-frame-pointer"))) void step_2(struct walk *walk, unsigned bytes)
{
    char large[17 * MIB];

    large[0] = 0;
    __asm__ volatile("" ::"r"(large) : "memory");
    go_on(walk, bytes);
    go_on(walk, bytes);
}

void step_3(struct walk *walk, unsigned bytes)
{
    char large[2 * MIB - 64 + next_random(walk) % 8 * 16];

    large[0] = 0;
    __asm__ volatile("" ::"r"(large) : "memory");
    go_on(walk, bytes);
    go_on(walk, bytes);
}

const step_function steps[] = {step_1, step_2, step_3};
const unsigned step_count = 3;

static void *thread_main(void *argument)
{
    struct walk *walk = argument;

    while (walk->leaves < 1000)
        go_on(walk, 0);
    return NULL;
}

int main(void)
{
    struct walk walk = {.random = 3};
    pthread_attr_t large;
    pthread_t thread;

    setvbuf(stdout, NULL, _IONBF, 0);
    pthread_attr_init(&large);
    pthread_attr_setstacksize(&large, 200 * MIB);
    if (pthread_create(&thread, &large, thread_main, &walk) != 0)
        return 1;
    pthread_join(thread, NULL);
    printf("%u", walk.leaves);
    return 0;
}
