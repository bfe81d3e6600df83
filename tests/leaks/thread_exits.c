// SPDX-License-Identifier: MIT
// Another thread than the first calls exit: what the first one, which waits, holds is
// reachable, and what the frames of the one that exits hold.
// LEAKS: reachable of_main 1 40, reachable of_thread 1 48, definite lose 1 56
#include "leaks.h"

static SITE void *of_main(void)
{
    return malloc(40);
}

static SITE void *of_thread(void)
{
    return malloc(48);
}

static SITE void lose(void)
{
    void *volatile block = malloc(56);

    (void)block;
}

static SITE void end(void)
{
    forget();
    sem_wait(&parked_count);
    exit(0);
}

static void *live(void *unused)
{
    void *volatile block = of_thread();

    (void)unused;
    lose();
    end();
    return block;
}

int main(void)
{
    void *volatile block;

    start_thread(live, NULL);
    block = of_main();
    park();
    return block == NULL;
}
