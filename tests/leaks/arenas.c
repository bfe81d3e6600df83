// SPDX-License-Identifier: MIT
// Threads allocate in arenas of their own, alive and ended ones: what they lost, what they left
// to a global, what a freed block of such an arena held; and blocks that only blocks of another
// arena hold.
// LEAKS: definite lose 4 160, reachable leave 4 192, definite behind_freed 4 224
// LEAKS: definite head 4 96, indirect tail 4 256
#include "leaks.h"

static void *left[4];
static void *tails[4];

static SITE void lose(void)
{
    void *volatile block = malloc(40);

    (void)block;
}

static SITE void leave(int i)
{
    left[i] = malloc(48);
}

static SITE void behind_freed(void)
{
    void **holder = calloc(1, 3000);

    holder[100] = malloc(56);
    free(holder);
}

static SITE void tail(int i)
{
    tails[i] = malloc(64);
}

static SITE void head(int i)
{
    struct node *node = calloc(1, sizeof(*node));

    node->next = tails[i];
    tails[i] = NULL;
}

static void *allocate(void *number)
{
    lose();
    leave((int)(intptr_t)number);
    behind_freed();
    tail((int)(intptr_t)number);
    forget();
    return NULL;
}

static void *allocate_and_park(void *number)
{
    allocate(number);
    park();
    return NULL;
}

static SITE void run(void)
{
    pthread_t threads[2];

    for (intptr_t i = 0; i < 2; i++)
        start_thread(allocate_and_park, (void *)i);
    wait_until_parked(2);
    for (intptr_t i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, allocate, (void *)(i + 2));
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 4; i++)
        head(i);
}

int main(void)
{
    run();
    forget();
    return 0;
}
