// SPDX-License-Identifier: MIT
// Functions that call others on another stack and say in their tables how it goes on, up to a
// higher address and down to a lower one, nested: the stack is whole, across all of them.
// EXPECT: site("leaf")["allocations"] == int(stdout)
// EXPECT: all(spelled(s) for s in sites("leaf")) and len(sites("leaf")) > 300
// EXPECT: all(s["stack"][-1]["function"] == "_start" for s in sites("leaf"))
// EXPECT: not any(health["dropped"].values())
#include "spell.h"

#include <stdio.h>
#include <sys/mman.h>

#define STACK_BYTES ((size_t)32 << 10)
#define STACKS 16

static char *stacks_high, *stacks_low;
static int depth;

// Calls step(walk, bytes) on the stack that ends at top.
void call_on_stack(struct walk *walk, unsigned bytes, step_function step, void *top);
__asm__(".globl call_on_stack\n.type call_on_stack, @function\ncall_on_stack:\n.cfi_startproc\n"
        "push %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset rbp, -16\n"
        "mov %rsp, %rbp\n.cfi_def_cfa_register rbp\n"
        "mov %rcx, %rsp\ncall *%rdx\nmov %rbp, %rsp\n"
        "pop %rbp\n.cfi_def_cfa rsp, 8\nret\n"
        ".cfi_endproc\n.size call_on_stack, . - call_on_stack\n");

void step_1(struct walk *walk, unsigned bytes)
{
    go_on_from_any_size(walk, bytes);
}

void step_2(struct walk *walk, unsigned bytes)
{
    char *stacks = next_random(walk) % 2 ? stacks_high : stacks_low;

    depth++;
    call_on_stack(walk, bytes, go_on, stacks + (size_t)(depth + 1) * STACK_BYTES);
    depth--;
}

void step_3(struct walk *walk, unsigned bytes)
{
    go_on(walk, bytes);
    step_2(walk, bytes * 10 + 2);
    go_on(walk, bytes);
}

const step_function steps[] = {step_1, step_2, step_3};
const unsigned step_count = 3;

int main(void)
{
    static char low[STACKS * STACK_BYTES] __attribute__((aligned(16)));
    struct walk walk = {.random = 5};

    setvbuf(stdout, NULL, _IONBF, 0);
    // over this one, and far below
    stacks_low = low;
    stacks_high = mmap((char *)(((size_t)&walk | 0xffffff) + 1 + (1 << 28)), sizeof(low),
                       PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    while (walk.leaves < 5000)
        go_on(&walk, 0);
    printf("%u", walk.leaves);
    return 0;
}
