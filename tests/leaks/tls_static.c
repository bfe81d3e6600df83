// SPDX-License-Identifier: MIT
// Thread-local variables of the program hold blocks: initialised and zeroed ones, of the first
// thread and of one that lives.
// LEAKS: reachable of_main 2 80, reachable of_thread 2 112, definite lose 1 64
#include "leaks.h"

static __thread struct {
    long magic;
    void *pointer;
} initialised = {42, NULL};
static __thread void *zeroed;

static SITE void of_main(void)
{
    initialised.pointer = malloc(32);
    zeroed = malloc(48);
}

static SITE void of_thread(void)
{
    initialised.pointer = malloc(40);
    zeroed = malloc(72);
}

static SITE void lose(void)
{
    zeroed = malloc(64);
    zeroed = NULL;
}

static void *live(void *unused)
{
    (void)unused;
    lose();
    of_thread();
    park();
    return NULL;
}

int main(void)
{
    start_thread(live, NULL);
    wait_until_parked(1);
    of_main();
    forget();
    return 0;
}
