// SPDX-License-Identifier: MIT
// A thousand threads for live.py: each holds a block on its stack and has lost one. Ends when its
// input does.
#include "leaks.h"

#define THREADS 1000

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

static SITE void start(void)
{
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 << 10);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&thread, &attributes, live, NULL) != 0)
            abort();
}

int main(void)
{
    char byte;

    start();
    wait_until_parked(THREADS);
    forget();
    write(STDOUT_FILENO, "ready\n", 6);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    _exit(0);
}
