// SPDX-License-Identifier: MIT
// The limit of main's stack changes while the program runs: deep frames lie where none could be
// when the profiler looked, and it shrinks again.
// EXPECT: site("deep")["allocations"] == 3 * 41 and site("deep")["live_blocks"] == 0
// EXPECT: sorted(len([f for f in s["stack"] if f["function"] == "deep"]) for s in sites("deep")) == list(range(1, 42))
// EXPECT: all(s["allocations"] == 3 and s["stack"][-1]["function"] == "_start" for s in sites("deep"))
#include <stdlib.h>
#include <sys/resource.h>

#define MIB ((size_t)1 << 20)

void deep(int depth)
{
    char large[MIB];

    large[0] = 1;
    __asm__ volatile("" ::"r"(large) : "memory");
    free(malloc(12));
    if (depth > 0)
        deep(depth - 1);
    __asm__ volatile("" ::"r"(large) : "memory");
}

static void set_limit(rlim_t bytes)
{
    struct rlimit limit;

    getrlimit(RLIMIT_STACK, &limit);
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_STACK, &limit);
}

int main(void)
{
    static const rlim_t limits[] = {64 * MIB, 48 * MIB, RLIM_INFINITY};

    for (volatile int i = 0; i < 3; i++) {
        set_limit(limits[i]);
        deep(40);
    }
    set_limit(1 * MIB);
    return 0;
}
