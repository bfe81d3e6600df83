// SPDX-License-Identifier: MIT
// Blocks of constructors and destructors of the program: lost and held.
// LEAKS: definite lose_first 1 40, reachable keep_first 1 48, definite lose_last 1 56
// LEAKS: reachable keep_last 1 64
#include "leaks.h"

static void *kept[2];

static SITE void lose_first(void)
{
    void *volatile block = malloc(40);

    (void)block;
}

static SITE void keep_first(void)
{
    kept[0] = malloc(48);
}

static SITE void lose_last(void)
{
    void *volatile block = malloc(56);

    (void)block;
}

static SITE void keep_last(void)
{
    kept[1] = malloc(64);
}

__attribute__((constructor)) static void first(void)
{
    lose_first();
    keep_first();
    forget();
}

__attribute__((destructor)) static void last(void)
{
    lose_last();
    keep_last();
    forget();
}

int main(void)
{
    return 0;
}
