// SPDX-License-Identifier: MIT
// Aligned blocks: the padding before them belongs to nobody.
// LEAKS: definite lose_memalign 1 100, reachable keep_memalign 1 104
// LEAKS: definite lose_posix 1 108, reachable keep_posix 1 112, definite lose_aligned 1 4096
// LEAKS: reachable keep_valloc 1 116, definite before_start 1 120, possible inside 1 124
// LEAKS: reachable keep_large 1 300000, reachable in_large 1 40
#include "leaks.h"

#include <malloc.h>

static void *kept[3];
static char *inner[2];
static void **kept_large;

static SITE void lose_memalign(void)
{
    memalign(256, 100);
}

static SITE void keep_memalign(void)
{
    kept[0] = memalign(512, 104);
}

static SITE void lose_posix(void)
{
    void *volatile block = NULL;

    posix_memalign((void **)&block, 64, 108);
    block = NULL;
}

static SITE void keep_posix(void)
{
    posix_memalign(&kept[1], 4096, 112);
}

static SITE void lose_aligned(void)
{
    aligned_alloc(4096, 4096);
}

static SITE void keep_valloc(void)
{
    kept[2] = valloc(116);
}

static SITE void before_start(void)
{
    inner[0] = (char *)memalign(1024, 120) - 64;
}

static SITE void inside(void)
{
    inner[1] = (char *)memalign(1024, 124) + 64;
}

static SITE void *in_large(void)
{
    return malloc(40);
}

static SITE void keep_large(void)
{
    kept_large = memalign(65536, 300000);
    memset(kept_large, 0, 300000);
    kept_large[37499] = in_large();
}

int main(void)
{
    lose_memalign();
    keep_memalign();
    lose_posix();
    keep_posix();
    lose_aligned();
    keep_valloc();
    before_start();
    inside();
    keep_large();
    forget();
    return 0;
}
