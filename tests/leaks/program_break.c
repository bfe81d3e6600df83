// SPDX-License-Identifier: MIT
// The program moves the program break itself: its part of that memory, amid the allocator's, holds
// blocks.
// LEAKS: reachable in_break 3 120, definite lose 1 48
#include "leaks.h"

static SITE void *in_break(void)
{
    return malloc(40);
}

static SITE void lose(void)
{
    void *volatile block = malloc(48);

    (void)block;
}

static SITE void hold(void)
{
    void **words = sbrk(65536);

    if (words == (void *)-1)
        abort();
    words = (void **)(((uintptr_t)words + 15) & ~(uintptr_t)15);
    memset(words, 0, 60000);
    words[0] = in_break();
    words[1000] = in_break();
    words[7000] = in_break();
}

int main(void)
{
    hold();
    lose();
    // the allocator goes on behind the program's part
    for (int i = 0; i < 100; i++)
        free(malloc(2000));
    forget();
    return 0;
}
