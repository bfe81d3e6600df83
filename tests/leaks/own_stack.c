// SPDX-License-Identifier: MIT
// Threads on stacks that the program made: a heap block, a mapping, a global array. Each waits and
// holds a block there.
// LEAKS: reachable heap_stack 1 262144, reachable hold 3 120, definite lose 3 168
#include "leaks.h"

#include <malloc.h>
#include <sys/mman.h>

#define STACK_BYTES 262144

static void *kept_stack;
static char array[STACK_BYTES] __attribute__((aligned(64)));

static SITE void *hold(void)
{
    return malloc(40);
}

static SITE void lose(void)
{
    void *volatile block = malloc(56);

    (void)block;
}

static SITE void *heap_stack(void)
{
    return kept_stack = memalign(64, STACK_BYTES);
}

static void *live(void *unused)
{
    void *volatile block = hold();

    (void)unused;
    lose();
    park();
    return block;
}

static SITE void run_on(void *stack)
{
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, STACK_BYTES);
    if (pthread_create(&thread, &attributes, live, NULL) != 0)
        abort();
}

int main(void)
{
    run_on(heap_stack());
    run_on(mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    run_on(array);
    wait_until_parked(3);
    forget();
    return 0;
}
