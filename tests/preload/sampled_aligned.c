// SPDX-License-Identifier: MIT
// An allocator whose posix_memalign calls malloc: a sampled heap counts each block once, whether
// the sampler takes it or not.
// OPTIONS: heap=16k:sample_seed=5
// EXPECT: abs(sum(s["allocations"] for s in sites("aligned")) - 100000) <= 5000
// EXPECT: abs(sum(s["live_blocks"] for s in sites("aligned")) - 50000) <= 5000
#include <stdlib.h>

void *volatile block;

void aligned(void)
{
    void *new_block;

    if (posix_memalign(&new_block, 16, 1000) == 0)
        block = new_block;
}

int main(void)
{
    for (int i = 0; i < 100000; i++) {
        aligned();
        if (i % 2)
            free(block);
    }
    return 0;
}
