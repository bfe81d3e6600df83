// SPDX-License-Identifier: MIT
// The allocator of sampled_aligned.c: aligned blocks are its malloc's, called so that others can
// take its place.
#include <stdlib.h>

int posix_memalign(void **ret_block, size_t alignment, size_t bytes)
{
    (void)alignment;
    *ret_block = malloc(bytes); // 16: any is
    return *ret_block ? 0 : 12;
}
