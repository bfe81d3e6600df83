// SPDX-License-Identifier: MIT
// A mapping of 16 GiB, and a block of 2, of which few pages were ever touched: the scan reads those
// and still sees what they hold. Memcheck would read all.
// LEAKS: reachable in_mapping 3 120, reachable huge 1 2147483648, reachable in_huge 2 96
// MEMCHECK: not run
#include "leaks.h"

#include <sys/mman.h>

#define BYTES (1ul << 34)

static void **kept;

static SITE void *in_mapping(void)
{
    return malloc(40);
}

static SITE void *in_huge(void)
{
    return malloc(48);
}

static SITE void map(void)
{
    char *bytes = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (bytes == MAP_FAILED)
        abort();
    *(void **)bytes = in_mapping();
    *(void **)(bytes + BYTES / 3 / 8 * 8) = in_mapping();
    *(void **)(bytes + BYTES - 8) = in_mapping();
}

static SITE void huge(void)
{
    kept = malloc(1ul << 31);
    kept[12345] = in_huge();
    kept[(1ul << 28) - 1] = in_huge();
}

int main(void)
{
    map();
    huge();
    forget();
    return 0;
}
