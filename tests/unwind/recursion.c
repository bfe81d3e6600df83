// SPDX-License-Identifier: MIT
// Mutual recursion that rises and falls around the frame limit, with an event at every depth on the
// way down and on the way up, from other lines.
// OPTIONS: max_frames=40
// EXPECT: heap["allocations"] == 2 * 10 * 101
// EXPECT: sum(s["allocations"] for s in sites("[truncated]")) == health["truncated_stacks"] > 1000
// EXPECT: all(21 <= len(s["stack"]) <= 41 for s in sites("[truncated]"))
// EXPECT: sorted(len([f for f in s["stack"] if f["function"] in ("ping", "pong")]) for s in sites("_start")) == [d for d in range(1, 37) for way in "du"]
// EXPECT: all(s["allocations"] == 10 for s in sites("_start"))
// EXPECT: all([f["function"] for f in s["stack"] if f["function"] != "main"][:3] in (["ping", "pong", "ping"], ["pong", "ping", "pong"]) for s in sites("[truncated]"))
#include <stdlib.h>

void pong(int depth);

void ping(int depth)
{
    free(malloc(10));
    if (depth > 0)
        pong(depth - 1);
    free(malloc(20));
}

void pong(int depth)
{
    long spread[5] = {depth};

    __asm__ volatile("" ::"r"(spread) : "memory");
    free(malloc(30));
    if (depth > 0)
        ping(depth - 1);
    free(malloc(40));
}

int main(void)
{
    for (int i = 0; i < 10; i++)
        ping(100);
    return 0;
}
