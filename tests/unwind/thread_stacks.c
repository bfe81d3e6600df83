// SPDX-License-Identifier: MIT
// Threads in turn and side by side, on stacks of their own giving (malloc, mmap that goes away) and
// on those that libc keeps: each finds what others left.
// EXPECT: site("leaf")["allocations"] == int(stdout)
// EXPECT: all(spelled(s) for s in sites("leaf")) and len(sites("leaf")) > 300
// EXPECT: all([f["function"] for f in s["stack"]].count("worker") == 1 for s in sites("leaf"))
// EXPECT: all("main" not in [f["function"] for f in s["stack"]] for s in sites("leaf"))
// EXPECT: threads["created"] == threads["finished"] == 600
// EXPECT: not any(health["dropped"].values())
#include "spell.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>

#define STACK_BYTES ((size_t)96 << 10)
#define SIDE_BY_SIDE 3

static atomic_uint leaves;

void step_1(struct walk *walk, unsigned bytes)
{
    go_on(walk, bytes);
    go_on(walk, bytes);
}

void step_2(struct walk *walk, unsigned bytes)
{
    go_on_from_any_size(walk, bytes);
}

void step_3(struct walk *walk, unsigned bytes)
{
    char space[500] __attribute__((aligned(64)));

    __asm__ volatile("" ::"r"(space) : "memory");
    go_on(walk, bytes);
}

const step_function steps[] = {step_1, step_2, step_3};
const unsigned step_count = 3;

void *worker(void *argument)
{
    struct walk walk = {.random = (unsigned)(size_t)argument};

    for (int i = 0; i < 5; i++)
        go_on(&walk, 0);
    leaves += walk.leaves;
    return NULL;
}

static void *new_stack(unsigned kind)
{
    if (kind == 0)
        return NULL;
    if (kind == 1)
        return malloc(STACK_BYTES);
    return mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void start(pthread_t *thread, void *stack, unsigned number)
{
    pthread_attr_t attributes;

    pthread_attr_init(&attributes);
    if (stack)
        pthread_attr_setstack(&attributes, stack, STACK_BYTES - number % 4 * 4096);
    pthread_create(thread, &attributes, worker, (void *)(size_t)number);
    pthread_attr_destroy(&attributes);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    for (unsigned round = 0; round < 200; round++) {
        pthread_t threads[SIDE_BY_SIDE];
        void *stacks[SIDE_BY_SIDE];

        for (unsigned i = 0; i < SIDE_BY_SIDE; i++) {
            stacks[i] = new_stack(i);
            start(&threads[i], stacks[i], round * SIDE_BY_SIDE + i);
        }
        for (unsigned i = 0; i < SIDE_BY_SIDE; i++)
            pthread_join(threads[i], NULL);
        free(stacks[1]);
        munmap(stacks[2], STACK_BYTES);
    }
    printf("%u", leaves);
    return 0;
}
