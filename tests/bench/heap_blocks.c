// SPDX-License-Identifier: MIT
//
// heap_blocks - a heap that only grows: what a profiler's memory per live block comes to.
//
//   heap_blocks MIB
//
// Allocates MIB mebibytes in blocks of 64 bytes from one place, and writes to each.
#include "bench.h"

int main(int argc, char **argv)
{
    long count = argument(argc, argv, 1, 256) * (1024 * 1024 / 64);
    void **last = NULL;

    for (long i = 0; i < count; i++) {
        void **block = malloc(64);

        *block = last;
        last = block;
    }
    printf("blocks %ld\n", count);
    printf("last %d\n", last != NULL);
    printf("peak_rss_bytes %ld\n", peak_rss_bytes());
    return 0;
}
