// SPDX-License-Identifier: MIT
// A handler that waits on a signal stack of its own holds a block there; the stack is a heap block
// or mapped; what the interrupted thread holds stays held.
// LEAKS: reachable heap_stack 1 131072, reachable of_handler 2 80, reachable of_thread 2 96
#include "leaks.h"

#include <signal.h>
#include <sys/mman.h>

#define STACK_BYTES 131072

static void *kept_stack;

static SITE void *heap_stack(void)
{
    return kept_stack = malloc(STACK_BYTES);
}

static SITE void *of_handler(void)
{
    return malloc(40);
}

static SITE void *of_thread(void)
{
    return malloc(48);
}

static void handle(int signal)
{
    void *volatile block = of_handler();

    (void)signal;
    park();
    (void)block;
}

static SITE void use_stack(void *stack)
{
    if (sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = STACK_BYTES}, NULL) != 0)
        abort();
}

static SITE void interrupt(void *stack)
{
    void *volatile block = of_thread();

    use_stack(stack);
    forget();
    raise(SIGUSR1);
    (void)block;
}

static void *live(void *stack)
{
    interrupt(stack);
    return NULL;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};

    sigaction(SIGUSR1, &action, NULL);
    start_thread(live, heap_stack());
    start_thread(
        live, mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    wait_until_parked(2);
    forget();
    return 0;
}
