// SPDX-License-Identifier: MIT
// What passes through passes through untouched.
// EXPECT: site("main")["allocated_bytes"] == 1000
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    static char buffer[4096];
    void *block = malloc(1000);

    setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
    printf("%zu %zu %d\n", malloc_usable_size(block), malloc_usable_size(NULL),
           malloc_trim(0) >= 0);
    return 0;
}
