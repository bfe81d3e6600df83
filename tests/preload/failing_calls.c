// SPDX-License-Identifier: MIT
// Calls that fail count nothing, keep their errno and leave the block as it was.
// EXPECT: heap["allocations"] == 1 and heap["allocated_bytes"] == 100
// EXPECT: heap["live_blocks"] == 1 and heap["reallocs"] == 0
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    static char buffer[4096];
    void *block, *aligned = NULL;
    setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
    block = malloc(100);
    errno = 0;
    printf("malloc %p", malloc(SIZE_MAX / 2));
    printf(" errno %d\n", errno);
    errno = 0;
    printf("calloc %p", calloc(SIZE_MAX / 2, 4));
    printf(" errno %d\n", errno);
    errno = 0;
    printf("realloc %p", realloc(block, SIZE_MAX / 2));
    printf(" errno %d\n", errno);
    errno = 0;
    printf("reallocarray %p", reallocarray(block, SIZE_MAX / 2, 4));
    printf(" errno %d\n", errno);
    errno = 0;
    printf("posix_memalign %d", posix_memalign(&aligned, 3, 100));
    printf(" errno %d\n", errno);
    errno = 77;
    free(NULL);
    printf("errno of a success %d\n", errno);
    return 0;
}
