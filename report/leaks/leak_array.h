// SPDX-License-Identifier: MIT
//
// leak_array.h - large arrays that are read at random: in large pages where the kernel has them. A
// walk over the pointers of a shuffled list takes half the time with them.
#ifndef GAIAPROF_LEAK_ARRAY_H
#define GAIAPROF_LEAK_ARRAY_H

#include <stddef.h>

// Zeroed, to be freed. NULL without memory.
void *leak_array_new(size_t count, size_t bytes);

#endif
