// SPDX-License-Identifier: MIT
// Signals rain on threads that walk, allocate and finish: a handler allocates wherever it finds
// them outside of malloc, in some threads on another stack.
// EXPECT: all(spelled(s) for s in sites("leaf") if s["stack"][0]["function"] == "leaf")
// EXPECT: [site("leaf")["allocations"], site("on_storm")["allocations"]] == [int(n) for n in stdout.split()]
// EXPECT: all("worker" in [f["function"] for f in s["stack"]] for s in sites("leaf") + sites("on_storm"))
// EXPECT: len({s["stack"][2]["function"] for s in sites("on_storm")}) > 0
// EXPECT: not any(health["dropped"].values())
// OUTPUT: varies
#include "spell.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define WORKERS 3
#define LEAVES 8000

static atomic_uint handled, leaves, running = WORKERS;

void step_1(struct walk *walk, unsigned bytes)
{
    go_on_from_any_size(walk, bytes);
}

void step_2(struct walk *walk, unsigned bytes)
{
    char large[4096] __attribute__((aligned(64)));

    __asm__ volatile("" ::"r"(large) : "memory");
    go_on(walk, bytes);
    go_on(walk, bytes);
}

void step_3(struct walk *walk, unsigned bytes)
{
    go_on(walk, bytes);
    for (volatile unsigned i = 0; i < 3000; i++)
        continue;
}

const step_function steps[] = {step_1, step_2, step_3};
const unsigned step_count = 3;

void on_storm(int signal)
{
    (void)signal;
    if (is_in_leaf)
        return;
    free(malloc(5));
    handled++;
}

void *worker(void *argument)
{
    static char spaces[WORKERS][64 << 10];
    struct walk walk = {.random = (unsigned)(size_t)argument};
    stack_t other = {.ss_sp = spaces[walk.random], .ss_size = sizeof(spaces[0])};
    sigset_t storm;

    if (walk.random > 0)
        sigaltstack(&other, NULL);
    sigemptyset(&storm);
    sigaddset(&storm, SIGUSR1);
    pthread_sigmask(SIG_UNBLOCK, &storm, NULL);
    while (walk.leaves < LEAVES)
        go_on(&walk, 0);
    pthread_sigmask(SIG_BLOCK, &storm, NULL);
    leaves += walk.leaves;
    running--;
    return NULL;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_storm, .sa_flags = SA_ONSTACK | SA_RESTART};
    pthread_t threads[WORKERS];
    sigset_t storm;

    setvbuf(stdout, NULL, _IONBF, 0);
    sigaction(SIGUSR1, &action, NULL);
    sigemptyset(&storm);
    sigaddset(&storm, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &storm, NULL);
    for (size_t i = 0; i < WORKERS; i++)
        pthread_create(&threads[i], NULL, worker, (void *)i);
    while (running > 0) {
        for (int i = 0; i < WORKERS; i++)
            pthread_kill(threads[i], SIGUSR1);
        usleep(20);
    }
    for (int i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    printf("%u %u", leaves, handled);
    return 0;
}
