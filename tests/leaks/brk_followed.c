// SPDX-License-Identifier: MIT
// The program's own memory begins where the program break ends, of one mapping with it: it holds
// blocks.
// LEAKS: reachable in_pool 3 120, reachable in_break 1 32, definite lose 1 48, definite in_top 1 72
#include "leaks.h"

#include <sys/mman.h>

#define POOL_BYTES (1 << 20)

static KEEP void *first;

static SITE void in_pool(void **pool)
{
    pool[3] = malloc(40);
    pool[7000] = malloc(40);
    pool[100000] = malloc(40);
}

static SITE void *in_break(void)
{
    return malloc(32);
}

static SITE void lose(void)
{
    void *volatile block = malloc(48);

    (void)block;
}

// Free memory that the allocator has not handed out since.
static SITE void in_top(void)
{
    void *block = malloc(72);
    void **volatile freed = malloc(40000);

    freed[4000] = block;
    free(freed);
}

int main(void)
{
    first = in_break();

    void *end = sbrk(0);
    void **pool = mmap(end, POOL_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (pool == MAP_FAILED)
        return 1;
    in_pool(pool);
    pool = NULL;
    lose();
    in_top();
    forget();
    return 0;
}
