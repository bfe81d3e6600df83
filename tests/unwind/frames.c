// SPDX-License-Identifier: MIT
// Frames of every form, of sizes that change between events, mixed at random: built with and
// without frame pointers, realigned, for size (CMakeLists.txt). steps of frames_more.c too.
// EXPECT: site("leaf")["allocations"] == int(stdout) == heap["allocations"] - heap["live_blocks"]
// EXPECT: all(spelled(s) for s in sites("leaf")) and len(sites("leaf")) > 1000
// EXPECT: all(s["stack"][-1]["function"] == "_start" for s in sites("leaf"))
// EXPECT: health["truncated_stacks"] == 0 and not any(health["dropped"].values())
#include "spell.h"

#include <alloca.h>
#include <stdio.h>

#define KEEP(memory) __asm__ volatile("" ::"r"(memory) : "memory")

void step_5(struct walk *walk, unsigned bytes);
void step_6(struct walk *walk, unsigned bytes);
void step_7(struct walk *walk, unsigned bytes);
void step_8(struct walk *walk, unsigned bytes);
void step_9(struct walk *walk, unsigned bytes);

// a plain frame
void step_1(struct walk *walk, unsigned bytes)
{
    go_on(walk, bytes);
    go_on(walk, bytes);
}

// moves what is inside of it, by what it does not write
void step_2(struct walk *walk, unsigned bytes)
{
    for (int i = 0; i < 2; i++) {
        char *space = alloca(next_random(walk) % 8 * 16);
        KEEP(space);
        go_on(walk, bytes);
    }
}

// arrays that come and go
void step_3(struct walk *walk, unsigned bytes)
{
    for (int i = 0; i < 3; i++) {
        char space[next_random(walk) % 5 * 48 + 1];
        KEEP(space);
        if (i != 1)
            go_on(walk, bytes);
    }
}

// more than the 16 bytes of alignment that the stack has
void step_4(struct walk *walk, unsigned bytes)
{
    char aligned[64] __attribute__((aligned(64)));

    KEEP(aligned);
    go_on(walk, bytes);
    go_on(walk, bytes);
}

const step_function steps[] = {step_1, step_2, step_3, step_4, step_5,
                               step_6, step_7, step_8, step_9};
const unsigned step_count = sizeof(steps) / sizeof(steps[0]);

int main(void)
{
    struct walk walk = {.random = 1};

    setvbuf(stdout, NULL, _IONBF, 0);
    while (walk.leaves < 20000)
        go_on(&walk, 0);
    printf("%u", walk.leaves);
    return 0;
}
