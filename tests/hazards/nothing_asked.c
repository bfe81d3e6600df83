// SPDX-License-Identifier: MIT
// Blocks of no bytes: each is one of its own, may be freed, and counts; realloc(p, 0) frees p and
// gives none.
// EXPECT: site("ask")["allocations"] == 13 and site("ask")["allocated_bytes"] == 500
// EXPECT: site("ask")["frees"] == 13 and heap["reallocs"] == 1 and heap["mismatches"] == []
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

static void take(void *block)
{
    printf("%s %zu\n", block ? "block" : "none", malloc_usable_size(block));
    free(block);
}

void ask(void)
{
    void *aligned = NULL;

    take(malloc(0));
    take(calloc(0, 9));
    take(calloc(9, 0));
    take(realloc(NULL, 0));
    take(reallocarray(NULL, 0, 5));
    take(memalign(64, 0));
    take(aligned_alloc(64, 0));
    printf("%d\n", posix_memalign(&aligned, 64, 0));
    take(aligned);
    take(valloc(0));
    take(realloc(malloc(200), 0));
    take(reallocarray(malloc(200), 0, 8));
    take(realloc(realloc(malloc(0), 100), 0));
    take(NULL);
}

int main(void)
{
    static char buffer[4096];

    setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
    errno = 7;
    ask();
    printf("%d\n", errno);
    return 0;
}
