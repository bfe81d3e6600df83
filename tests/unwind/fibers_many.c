// SPDX-License-Identifier: MIT
// Many fibers that walk and yield in any order, on stacks of malloc, of mmap (given back when the
// fiber ends, so later ones come to lie there) and of the program's own; they allocate first
// thing, and in handlers on another stack, which lies elsewhere than what was interrupted.
// EXPECT: all(spelled(s) for s in sites("leaf")) and len(sites("leaf")) > 1000
// EXPECT: site("leaf")["allocations"] == int(stdout.split()[0])
// EXPECT: site("fiber_start")["allocations"] == int(stdout.split()[1]) and len(sites("fiber_start")) > 1
// EXPECT: all("main" not in [f["function"] for f in s["stack"]] for s in sites("fiber_start"))
// EXPECT: all([f["function"] for f in s["stack"]].count("fiber_start") == 1 for s in sites("leaf"))
// EXPECT: not any(health["dropped"].values())
#include "spell.h"

#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <ucontext.h>

#define FIBERS 40
#define FIBERS_TOTAL 2000
#define STACK_BYTES ((size_t)64 << 10)

struct fiber {
    ucontext_t context;
    struct walk walk;
    char *stack;
    int is_done;
};

static struct fiber fibers[FIBERS];
static char own_stacks[FIBERS][STACK_BYTES] __attribute__((aligned(16)));
static ucontext_t home;
static struct fiber *running;
static unsigned in_handler_bytes, started;
static struct walk shared;

static void yield(void)
{
    if (next_random(&shared) % 4 == 0)
        swapcontext(&running->context, &home);
}

void step_1(struct walk *walk, unsigned bytes)
{
    yield();
    go_on(walk, bytes);
    yield();
    go_on(walk, bytes);
}

void step_2(struct walk *walk, unsigned bytes)
{
    char space[next_random(walk) % 9 * 16 + 1];

    __asm__ volatile("" ::"r"(space) : "memory");
    go_on(walk, bytes);
    yield();
    go_on(walk, bytes);
}

void step_3(struct walk *walk, unsigned bytes)
{
    go_on(walk, bytes);
    yield();
}

void step_4(struct walk *walk, unsigned bytes)
{
    (void)walk;
    in_handler_bytes = bytes * 10 + 9; // step_9 runs next
    raise(SIGUSR1);
}

void step_9(int signal)
{
    (void)signal;
    leaf(&running->walk, in_handler_bytes);
}

const step_function steps[] = {step_1, step_2, step_3, step_4};
const unsigned step_count = 4;

void fiber_start(int index)
{
    struct fiber *fiber = &fibers[index];

    free(malloc(3));
    go_on(&fiber->walk, 0);
    yield();
    go_on(&fiber->walk, 0);
    fiber->is_done = 1;
}

static void start(struct fiber *fiber)
{
    int index = (int)(fiber - fibers);

    getcontext(&fiber->context);
    if (index % 3 == 0)
        fiber->stack = malloc(STACK_BYTES);
    else if (index % 3 == 1)
        fiber->stack =
            mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    else
        fiber->stack = own_stacks[index];
    fiber->context.uc_stack.ss_sp = fiber->stack;
    // not always the same depth
    fiber->context.uc_stack.ss_size = STACK_BYTES - next_random(&shared) % 4 * 16;
    fiber->context.uc_link = &home;
    fiber->is_done = 0;
    fiber->walk.random = started++;
    makecontext(&fiber->context, (void (*)(void))fiber_start, 1, index);
}

static void end(struct fiber *fiber)
{
    int index = (int)(fiber - fibers);

    if (index % 3 == 0)
        free(fiber->stack);
    else if (index % 3 == 1)
        munmap(fiber->stack, STACK_BYTES);
    fiber->stack = NULL;
}

static unsigned run_all(void)
{
    unsigned leaves = 0;

    while (started < FIBERS_TOTAL) {
        running = &fibers[next_random(&shared) % FIBERS];
        if (!running->stack)
            start(running);
        swapcontext(&home, &running->context);
        if (running->is_done) {
            leaves += running->walk.leaves;
            running->walk.leaves = 0;
            end(running);
        }
    }
    for (int i = 0; i < FIBERS; i++)
        leaves += fibers[i].walk.leaves;
    return leaves;
}

int main(void)
{
    static char space[64 << 10];
    stack_t other = {.ss_sp = space, .ss_size = sizeof(space)};
    struct sigaction action = {.sa_handler = step_9, .sa_flags = SA_ONSTACK};

    setvbuf(stdout, NULL, _IONBF, 0);
    sigaltstack(&other, NULL);
    sigaction(SIGUSR1, &action, NULL);
    unsigned leaves = run_all();
    printf("%u %u", leaves, started);
    return 0;
}
