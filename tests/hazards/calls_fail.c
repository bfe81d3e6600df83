// SPDX-License-Identifier: MIT
// Calls that can't be served, of every function: the result and errno are libc's, nothing is
// counted, and what was to be moved is still there.
// EXPECT: heap["allocations"] == 1 and heap["live_bytes"] == 300 and heap["reallocs"] == 0
// EVERY_MODE: heap["mismatches"] == []
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define HUGE (SIZE_MAX / 2)

static void say(const char *name, const void *block, int error)
{
    printf("%s %s %d %d\n", name, block ? "block" : "none", error, errno);
    errno = 7;
}

int main(void)
{
    static char buffer[8192];
    struct rlimit none = {0, 0};
    char *volatile block = malloc(300);
    void *aligned = buffer;

    setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
    memset(block, 'x', 300);
    errno = 7;
    for (int round = 0; round < 2; round++) {
        size_t size = round ? 1 << 30 : HUGE; // with no address space left, and none that large

        say("malloc", malloc(size), 0);
        say("calloc", calloc(1, size), 0);
        say("calloc of a product", calloc(SIZE_MAX / 8, 16), 0);
        say("realloc", realloc(block, size), 0);
        say("realloc of none", realloc(NULL, size), 0);
        say("reallocarray", reallocarray(block, size, 1), 0);
        say("reallocarray of a product", reallocarray(block, SIZE_MAX / 8, 16), 0);
        say("memalign", memalign(64, size), 0);
        say("memalign so far", memalign(SIZE_MAX / 2 + 2, 10), 0);
        say("aligned_alloc", aligned_alloc(64, size), 0);
        say("aligned_alloc of 3", aligned_alloc(0, size), 0);
        say("posix_memalign", NULL, posix_memalign(&aligned, 64, size));
        say("posix_memalign of 24", NULL, posix_memalign(&aligned, 24, 10));
        say("posix_memalign of 4", NULL, posix_memalign(&aligned, 4, 10));
        say("valloc", valloc(size), 0);
        say("pvalloc", pvalloc(size), 0);
        setrlimit(RLIMIT_AS, &none);
    }
    printf("%d %c %c\n", aligned == buffer, block[0], block[299]);
    return 0;
}
