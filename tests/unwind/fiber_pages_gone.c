// SPDX-License-Identifier: MIT
// A fiber whose outer pages can't be read for a while, though they could when it allocated before:
// its stack is cut there, and whole again later. The host itself touches none of them meanwhile.
// EXPECT: site("leaf")["allocations"] == 30 and site("leaf")["live_blocks"] == 0
// EXPECT: sorted((s["allocations"], "on_fiber" in [f["function"] for f in s["stack"]]) for s in sites("leaf")) == [(10, False), (20, True)]
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#define PAGE_BYTES ((size_t)4096)
#define STACK_BYTES (64 * PAGE_BYTES)

static ucontext_t home, fiber;
static char *stack;

void leaf(void)
{
    free(malloc(40));
}

void inner(int count)
{
    for (int i = 0; i < count; i++)
        leaf();
}

// Its frame spans the pages between what goes away and what stays.
void outer(void)
{
    char room[16 * PAGE_BYTES];
    char *half = stack + STACK_BYTES - 8 * PAGE_BYTES;

    __asm__ volatile("" ::"r"(room) : "memory");
    for (volatile int i = 0; i < 3; i++) { // not unrolled: one call
        mprotect(half, 8 * PAGE_BYTES, i == 1 ? PROT_NONE : PROT_READ | PROT_WRITE);
        inner(10);
    }
    __asm__ volatile("" ::"r"(room) : "memory");
}

void on_fiber(void)
{
    outer();
}

int main(void)
{
    stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    getcontext(&fiber);
    fiber.uc_stack.ss_sp = stack;
    fiber.uc_stack.ss_size = STACK_BYTES;
    fiber.uc_link = &home;
    makecontext(&fiber, on_fiber, 0);
    swapcontext(&home, &fiber);
    puts("done");
    return 0;
}
