// SPDX-License-Identifier: MIT
// Memory that is written once and then made read-only holds its blocks as before. What nobody may
// read holds nothing. Memcheck looks only at what may be written.
// LEAKS: reachable read_only 1 40, definite no_access 1 48, reachable once_again 1 56
// LEAKS: reachable read_only_part 1 64
// MEMCHECK: definite no_access 1 48, definite read_only 1 40, definite read_only_part 1 64
// MEMCHECK: reachable once_again 1 56
#include "leaks.h"

#include <sys/mman.h>

#define PAGE 4096

static char constants[2 * PAGE] __attribute__((aligned(PAGE)));

static SITE void **map(void)
{
    void **words = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (words == MAP_FAILED)
        abort();
    return words;
}

static SITE void protect(void *words, int how)
{
    if (mprotect(words, PAGE, how) != 0)
        abort();
}

static SITE void read_only(void)
{
    void **words = map();

    words[3] = malloc(40);
    protect(words, PROT_READ);
}

static SITE void no_access(void)
{
    void **words = map();

    words[3] = malloc(48);
    protect(words, PROT_NONE);
}

static SITE void once_again(void)
{
    void **words = map();

    words[3] = malloc(56);
    protect(words, PROT_NONE);
    protect(words, PROT_READ | PROT_WRITE);
}

static SITE void read_only_part(void)
{
    ((void **)constants)[4] = malloc(64);
    protect(constants, PROT_READ);
}

int main(void)
{
    read_only();
    no_access();
    once_again();
    read_only_part();
    forget();
    return 0;
}
