// SPDX-License-Identifier: MIT
// Something is mapped right behind the program break: the allocator then maps its memory in pieces,
// and the kernel makes one mapping of them and of the program's own between them. The program's
// holds blocks; what the allocator has free holds none.
// LEAKS: reachable keep 9000 9000000, reachable in_pool 10 7770, reachable in_small_pool 1 600
// LEAKS: definite in_freed 2 112, reachable in_freed 1 1000
// LEAKS: definite behind 1 72, reachable in_top * *
#include "leaks.h"

#include <sys/mman.h>

#define POOL_BYTES (1 << 20)
#define KEPT 9000

static KEEP void *kept[KEPT];
static KEEP void *barrier, *before[4];
static KEEP void **pool, **small_pool;

static SITE void block_break(void)
{
    uintptr_t end = ((uintptr_t)sbrk(0) + 4095) & ~(uintptr_t)4095;

    mmap((void *)end, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}

static SITE void **map(size_t bytes)
{
    void **words = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (words == MAP_FAILED)
        abort();
    return words;
}

static SITE void keep(int first, int last)
{
    for (int i = first; i < last; i++)
        kept[i] = malloc(1000);
}

static SITE void in_pool(void)
{
    for (int i = 0; i < 10; i++)
        pool[i * 1000 + 3] = malloc(777);
}

static SITE void in_small_pool(void)
{
    small_pool[100] = malloc(600);
}

// Free memory amid the allocator's, of many pages.
static SITE void in_freed(void)
{
    void **volatile freed = malloc(60000);

    barrier = malloc(1000);
    freed[1000] = malloc(56);
    freed[6000] = malloc(56);
    free(freed);
}

static SITE void *behind(void)
{
    return malloc(72);
}

// Free memory that it has not handed out since, behind a block.
static SITE void in_top(void)
{
    void *block = behind();
    void **volatile freed = NULL;

    for (int i = 0; i < 4; i++) {
        free(freed);
        before[i] = malloc(62000);
        freed = malloc(62000);
        if ((uintptr_t)freed - (uintptr_t)before[i] < 70000)
            break;
    }
    freed[4000] = block;
    free(freed);
}

int main(void)
{
    block_break();
    keep(0, 3000);
    pool = map(POOL_BYTES);
    in_pool();
    keep(3000, 6000);
    small_pool = map(4096);
    in_small_pool();
    keep(6000, KEPT);
    in_freed();
    in_top();
    forget();
    return 0;
}
