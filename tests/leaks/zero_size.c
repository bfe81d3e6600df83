// SPDX-License-Identifier: MIT
// Blocks of no bytes are blocks: lost ones, held ones, and one that only a lost block holds.
// LEAKS: definite lose 3 0, reachable keep 2 0, definite parent 1 24, indirect child 1 0
#include "leaks.h"

static void *kept[2];

static SITE void lose(void)
{
    void *volatile block = malloc(0);

    (void)block;
}

static SITE void keep(int i)
{
    kept[i] = malloc(0);
}

static SITE void *child(void)
{
    return calloc(0, 8);
}

static SITE void parent(void)
{
    struct node *node = calloc(1, sizeof(*node));

    node->next = child();
}

int main(void)
{
    for (int i = 0; i < 3; i++)
        lose();
    keep(0);
    keep(1);
    parent();
    forget();
    return 0;
}
