// SPDX-License-Identifier: MIT
// Blocks that the allocator maps one by one, some beside mappings of the program that hold the only
// pointer to another block: neighbours in the address space are not one.
// LEAKS: definite lose 1 300000, reachable keep 1 400000, reachable in_large 1 40
// LEAKS: definite lose_head 1 500000, indirect lose_tail 2 1200000, indirect small_end 1 48
// LEAKS: reachable beside 6 336, definite large_beside 6 1200000, reachable last_word 1 800000
// LEAKS: reachable at_last_word 1 64, possible far_inside 1 900000
#include "leaks.h"

#include <sys/mman.h>

static void **kept, **kept_last;
static char *inside;

static SITE void lose(void)
{
    memset(malloc(300000), 1, 300000);
}

static SITE void *in_large(void)
{
    return malloc(40);
}

static SITE void keep(void)
{
    kept = calloc(1, 400000);
    kept[40000] = in_large();
}

static SITE void *small_end(void)
{
    return malloc(48);
}

static SITE void **lose_tail(void *next)
{
    void **block = calloc(1, 600000);

    block[70000] = next;
    return block;
}

static SITE void lose_head(void)
{
    void **block = calloc(1, 500000);

    block[5] = lose_tail(lose_tail(small_end()));
}

static SITE void *beside(void)
{
    return malloc(56);
}

static SITE void large_beside(void)
{
    void **block = calloc(1, 200000);

    memset(block, 1, 200000);
}

// The kernel puts mappings one below the other: a large block, a mapping, a large block, ...
static SITE void neighbours(void)
{
    for (int i = 0; i < 6; i++) {
        void **words = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        words[i % 2 ? 0 : 1023] = beside();
        large_beside();
    }
}

static SITE void *at_last_word(void)
{
    return malloc(64);
}

static SITE void last_word(void)
{
    kept_last = calloc(1, 800000);
    kept_last[99999] = at_last_word();
}

static SITE void far_inside(void)
{
    inside = (char *)malloc(900000) + 880000;
}

int main(void)
{
    lose();
    keep();
    lose_head();
    neighbours();
    last_word();
    far_inside();
    forget();
    return 0;
}
