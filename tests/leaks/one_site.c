// SPDX-License-Identifier: MIT
// Many blocks of one place, of which some are held.
// LEAKS: definite make 90 9000, reachable make 10 1000
#include "leaks.h"

static void *volatile kept[10];

static SITE void *make(void)
{
    return malloc(100);
}

static SITE void run(void)
{
    for (int i = 0; i < 100; i++) {
        void *block = make();

        if (i % 10 == 3)
            kept[i / 10] = block;
    }
}

int main(void)
{
    run();
    forget();
    return 0;
}
