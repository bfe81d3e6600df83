// SPDX-License-Identifier: MIT
// main left by pthread_exit, another thread ends the program: nothing holds what main's stack had.
// LEAKS: definite of_main 1 40, reachable of_thread 1 48, reachable by_global 1 56
#include "leaks.h"

static void *kept;

static SITE void *of_main(void)
{
    return malloc(40);
}

static SITE void *of_thread(void)
{
    return malloc(48);
}

static SITE void by_global(void)
{
    kept = malloc(56);
}

static SITE void end(void)
{
    sem_wait(&parked_count);
    await_zombie(getpid());
    forget();
    exit(0);
}

static void *live(void *unused)
{
    void *volatile block = of_thread();

    (void)unused;
    end();
    return block;
}

int main(void)
{
    void *volatile block = of_main();

    by_global();
    start_thread(live, NULL);
    sem_post(&parked_count);
    if (block)
        pthread_exit(NULL);
    return 1;
}
