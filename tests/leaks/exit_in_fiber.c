// SPDX-License-Identifier: MIT
// The program ends in a fiber on a heap block, while main is suspended on its own stack: the frames
// of both hold what they have.
// LEAKS: reachable of_main 1 40, reachable of_fiber 1 48, reachable fiber_stack 1 262144
// LEAKS: definite lose 1 56
#include "leaks.h"

#include <ucontext.h>

#define STACK_BYTES 262144

static ucontext_t main_context, context;
static void *kept_stack;

static SITE void *of_main(void)
{
    return malloc(40);
}

static SITE void *of_fiber(void)
{
    return malloc(48);
}

static SITE void *fiber_stack(void)
{
    return kept_stack = calloc(1, STACK_BYTES);
}

static SITE void lose(void)
{
    void *volatile block = malloc(56);

    (void)block;
}

static void fiber(void)
{
    void *volatile block = of_fiber();

    lose();
    forget();
    exit(block == NULL);
}

int main(void)
{
    void *volatile block = of_main();

    getcontext(&context);
    context.uc_stack.ss_sp = fiber_stack();
    context.uc_stack.ss_size = STACK_BYTES;
    makecontext(&context, fiber, 0);
    swapcontext(&main_context, &context);
    return block == NULL;
}
