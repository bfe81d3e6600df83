// SPDX-License-Identifier: MIT
//
// heap_stacks - the time of a malloc+free pair while the stack moves among distinct stacks.
//
//   heap_stacks STACKS PAIRS [SHUFFLED]
//
// A stack is a path of LEVELS calls, each through one of two functions: the bits of its number, the
// lowest innermost. Pair i is made on stack i modulo STACKS, so that successive stacks share their
// outer frames; SHUFFLED 1 spreads the numbers, so that they share few. At most 2^LEVELS stacks.
// The first block of each stack is kept, so that a profiler has something to report of it.
#include "bench.h"

enum { LEVELS = 20, SPREAD = 7368787 }; // a prime: i * SPREAD modulo STACKS meets every stack

static long stack_count;
static void **kept; // by stack

__attribute__((noinline)) static int left(long stack, int level);
__attribute__((noinline)) static int right(long stack, int level);

static inline int step(long stack, int level)
{
    if (level < 0) {
        void *volatile block = malloc(16 + (size_t)stack % 241);

        if (kept[stack])
            free(block);
        else
            kept[stack] = block;
        return 1;
    }
    return stack >> level & 1 ? right(stack, level) : left(stack, level);
}

__attribute__((noinline)) static int left(long stack, int level)
{
    volatile int below = step(stack, level - 1);

    return below + 1;
}

__attribute__((noinline)) static int right(long stack, int level)
{
    volatile int below = step(stack, level - 1);

    return below + 2;
}

int main(int argc, char **argv)
{
    stack_count = argument(argc, argv, 1, 1000);
    long pairs = argument(argc, argv, 2, 1000000);
    long spread = argument(argc, argv, 3, 0) ? SPREAD : 1;
    uint64_t start, cpu_start;

    if (stack_count < 1 || stack_count > 1L << LEVELS)
        return 2;
    kept = calloc((size_t)stack_count, sizeof *kept);
    start = now_ns();
    cpu_start = cpu_now_ns();
    for (long i = 0; i < pairs; i++)
        step(i * spread % stack_count, LEVELS - 1);
    printf("cpu_ns_per_pair %.3f\n", (double)(cpu_now_ns() - cpu_start) / (double)pairs);
    printf("ns_per_pair %.3f\n", (double)(now_ns() - start) / (double)pairs);
    printf("peak_rss_bytes %ld\n", peak_rss_bytes());
    return 0;
}
