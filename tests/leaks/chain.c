// SPDX-License-Identifier: MIT
// A list of which the head is lost, and one that a global holds.
// LEAKS: definite push 1 24, indirect push 4 96, reachable push_kept 5 120
#include "leaks.h"

static struct node *volatile kept;

static SITE struct node *push(struct node *next)
{
    struct node *node = calloc(1, sizeof(*node));

    node->next = next;
    return node;
}

static SITE struct node *push_kept(struct node *next)
{
    struct node *node = calloc(1, sizeof(*node));

    node->next = next;
    return node;
}

static SITE void run(void)
{
    struct node *list = NULL;

    for (int i = 0; i < 5; i++) {
        list = push(list);
        kept = push_kept(kept);
    }
}

int main(void)
{
    run();
    forget();
    return 0;
}
