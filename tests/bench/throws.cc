// SPDX-License-Identifier: MIT
//
// throws - the CPU time of a C++ exception through DEPTH frames, from its throw to its handler.
//
//   throws DEPTH COUNT
//
// What a preloaded library costs here without recording anything: one that brings an unwinder of
// its own into the process can make exceptions many times slower.
#include "bench.h"

__attribute__((noinline)) static int descend(long levels)
{
    if (levels == 0)
        throw levels;
    volatile int below = descend(levels - 1);
    return below + 1;
}

int main(int argc, char **argv)
{
    long depth = argument(argc, argv, 1, 10), count = argument(argc, argv, 2, 100000);
    long caught = 0;
    uint64_t start = 0; // CPU time

    for (long i = -count / 10; i < count; i++) { // the first tenth is not timed
        if (i == 0)
            start = cpu_now_ns();
        try {
            descend(depth - 1);
        } catch (long) {
            caught++;
        }
    }
    printf("ns_per_throw %.3f\n", (double)(cpu_now_ns() - start) / (double)count);
    return caught == 0;
}
