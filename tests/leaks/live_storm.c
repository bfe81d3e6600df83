// SPDX-License-Identifier: MIT
// Threads for live.py that start and end all the time, as blocks come and go. Ends when its input
// does.
#include "leaks.h"

#define CREATORS 4

static SITE void *hold(void)
{
    return malloc(40);
}

static SITE void lose(void)
{
    void *volatile block = malloc(56);

    (void)block;
}

static void *work(void *unused)
{
    void *volatile block = hold();

    (void)unused;
    for (int i = 0; i < 10; i++)
        free(malloc(1000));
    free(block);
    return NULL;
}

static void *create(void *unused)
{
    pthread_t threads[8];

    (void)unused;
    for (;;) {
        for (int i = 0; i < 8; i++)
            if (pthread_create(&threads[i], NULL, work, NULL) != 0)
                abort();
        for (int i = 0; i < 8; i++)
            pthread_join(threads[i], NULL);
    }
    return NULL;
}

int main(void)
{
    char byte;

    for (int i = 0; i < 20; i++)
        lose();
    forget();
    for (int i = 0; i < CREATORS; i++)
        start_thread(create, NULL);
    write(STDOUT_FILENO, "ready\n", 6);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    _exit(0);
}
