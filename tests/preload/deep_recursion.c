// SPDX-License-Identifier: MIT
// Recursion far deeper than max_frames, by two functions in an order that never comes again, with a
// block at each level: the stacks have nearly all of their frames in common, also where they are
// cut, so the profile stays small.
// OPTIONS: max_frames=64
// EXPECT: site("left")["allocations"] + site("right")["allocations"] == 60000
// EXPECT: health["truncated_stacks"] > 50000
// EXPECT: all(32 <= len([f for f in s["stack"] if f["function"] in ("left", "right")]) <= 64 for s in sites("[truncated]"))
// EXPECT: profile_bytes < 16 << 20
#include <stdlib.h>

static unsigned number = 1;

void left(int depth);
void right(int depth);

static inline __attribute__((always_inline)) void go_on(int depth)
{
    number = number * 1103515245 + 12345;
    if (depth > 0)
        (number >> 20 & 1 ? left : right)(depth - 1);
    __asm__ volatile("" ::: "memory"); // no tail call
}

void left(int depth)
{
    free(malloc(10));
    go_on(depth);
}

void right(int depth)
{
    free(malloc(20));
    go_on(depth);
}

int main(void)
{
    for (int i = 0; i < 60; i++)
        left(999);
    return 0;
}
