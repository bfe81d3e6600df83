// SPDX-License-Identifier: MIT
// Fibers that are suspended hold the only pointers to blocks on their stacks: one on a heap block,
// one on a mapping. A fiber whose stack is lost takes all with it.
// LEAKS: reachable heap_stack 1 262144, reachable of_fiber 2 80, definite lost_stack 1 262144
// LEAKS: indirect of_lost_fiber 1 48
#include "leaks.h"

#include <sys/mman.h>
#include <ucontext.h>

#define STACK_BYTES 262144

static ucontext_t main_context, contexts[3];
static void *kept_stack;

static SITE void *heap_stack(void)
{
    return kept_stack = calloc(1, STACK_BYTES);
}

static SITE void *lost_stack(void)
{
    return calloc(1, STACK_BYTES);
}

static SITE void *of_fiber(void)
{
    return malloc(40);
}

static SITE void *of_lost_fiber(void)
{
    return malloc(48);
}

static void fiber(int number)
{
    void *volatile block = number == 2 ? of_lost_fiber() : of_fiber();

    swapcontext(&contexts[number], &main_context);
    (void)block;
}

static SITE void run(int number, void *stack)
{
    ucontext_t *context = &contexts[number];

    getcontext(context);
    context->uc_stack.ss_sp = stack;
    context->uc_stack.ss_size = STACK_BYTES;
    makecontext(context, (void (*)(void))fiber, 1, number);
    swapcontext(&main_context, context);
}

int main(void)
{
    run(0, heap_stack());
    run(1, mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    run(2, lost_stack());
    memset(&main_context, 0, sizeof(main_context)); // it has registers of the last call
    memset(&contexts[2], 0, sizeof(contexts[2]));
    forget();
    return 0;
}
