// SPDX-License-Identifier: MIT
//
// The library of errno_left.c: what its constructor leaves in errno is there when ours runs.
#include <errno.h>
#include <stdlib.h>

int errno_library = 1;

__attribute__((constructor)) static void construct(void)
{
    free(malloc(10)); // the first use of any hook
    errno = EXDEV;
    free(malloc(10));
}
