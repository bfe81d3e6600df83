// SPDX-License-Identifier: MIT
//
// many_stacks.h - distinct stacks, of one allocation each, so that the profile grows.
#ifndef MANY_STACKS_H
#define MANY_STACKS_H

#include <stdlib.h>

// One of 2^depth.
static inline void branch(int depth, int path)
{
    if (depth == 0)
        free(malloc(8));
    else if (path & 1)
        branch(depth - 1, path >> 1);
    else
        branch(depth - 1, path >> 1);
}

// All of them.
static inline void many_stacks(int depth)
{
    for (int path = 0; path < 1 << depth; path++)
        branch(depth, path);
}

#endif
