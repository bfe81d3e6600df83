// SPDX-License-Identifier: MIT
// Fifty threads that wait: each holds a block on its stack and has lost one.
// LEAKS: reachable hold 50 2000, definite lose 50 2800
#include "leaks.h"

static SITE void *hold(void)
{
    return malloc(40);
}

static SITE void lose(void)
{
    void *volatile block = malloc(56);

    (void)block;
}

static void *live(void *unused)
{
    void *volatile block = hold();

    (void)unused;
    lose();
    park();
    return block;
}

int main(void)
{
    for (int i = 0; i < 50; i++)
        start_thread(live, NULL);
    wait_until_parked(50);
    forget();
    return 0;
}
