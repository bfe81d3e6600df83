// SPDX-License-Identifier: MIT
// Assembler without tables, but with a frame pointer, anywhere in the stack: what lies inward of it
// is found as quickly as anything, and is right when its frames move.
// EXPECT: site("leaf")["allocations"] == int(stdout)
// EXPECT: all(spelled(s) for s in sites("leaf")) and len(sites("leaf")) > 300
// EXPECT: all(s["stack"][-1]["function"] == "_start" for s in sites("leaf"))
// EXPECT: not any(health["dropped"].values()) and health["truncated_stacks"] == 0
#include "spell.h"

#include <stdio.h>

// Calls step(walk, bytes) below a frame of `room` bytes, a multiple of 16.
void call_without_tables(struct walk *walk, unsigned bytes, step_function step, size_t room);
__asm__(".globl call_without_tables\n.type call_without_tables, @function\n"
        "call_without_tables:\n"
        "push %rbp\nmov %rsp, %rbp\nsub %rcx, %rsp\ncall *%rdx\nleave\nret\n"
        ".size call_without_tables, . - call_without_tables\n");

void step_1(struct walk *walk, unsigned bytes)
{
    go_on_from_any_size(walk, bytes);
}

// Two of a kind: what they call has the same frames at the same place, but for the way back.
void step_2(struct walk *walk, unsigned bytes)
{
    call_without_tables(walk, bytes, go_on, 0);
    call_without_tables(walk, bytes, go_on, next_random(walk) % 5 * 16);
}

void step_3(struct walk *walk, unsigned bytes)
{
    call_without_tables(walk, bytes, go_on, 0);
    call_without_tables(walk, bytes, go_on, next_random(walk) % 5 * 16);
}

const step_function steps[] = {step_1, step_2, step_3};
const unsigned step_count = 3;

int main(void)
{
    struct walk walk = {.random = 3};

    setvbuf(stdout, NULL, _IONBF, 0);
    while (walk.leaves < 8000)
        go_on(&walk, 0);
    printf("%u", walk.leaves);
    return 0;
}
