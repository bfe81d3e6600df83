// SPDX-License-Identifier: MIT
// Threads allocate, link, unlink and free all the time when the program ends: what they have in
// their hands is not lost.
// LEAKS: definite lose 20 1120, reachable work * *
#include "leaks.h"

#define THREADS 4

static struct node *lists[THREADS];

static SITE void lose(void)
{
    void *volatile block = malloc(56);

    (void)block;
}

static SITE void work(struct node **list)
{
    struct node *node;

    for (int i = 0; i < 20; i++) {
        node = malloc(sizeof(*node));
        node->next = *list;
        node->other = NULL;
        *list = node;
    }
    while ((node = *list)) {
        *list = node->next;
        free(node);
    }
}

static void *live(void *list)
{
    work(list);
    sem_post(&parked_count);
    for (;;)
        work(list);
    return NULL;
}

int main(void)
{
    for (int i = 0; i < 20; i++)
        lose();
    for (int i = 0; i < THREADS; i++)
        start_thread(live, &lists[i]);
    wait_until_parked(THREADS);
    usleep(50000);
    forget();
    return 0;
}
