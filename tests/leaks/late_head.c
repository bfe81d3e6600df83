// SPDX-License-Identifier: MIT
// Heads that lie behind, before and among what they lead to: the order of addresses is no matter.
// LEAKS: definite head 3 72, indirect part 9 216
#include "leaks.h"

static SITE struct node *part(void)
{
    return calloc(1, sizeof(struct node));
}

static SITE struct node *head(void)
{
    return calloc(1, sizeof(struct node));
}

// Nodes in the order of their addresses: the head is number `at` and leads to the others.
static SITE void make(int at)
{
    struct node *nodes[4];

    for (int i = 0; i < 4; i++)
        nodes[i] = i == at ? head() : part();
    for (int i = 1; i < 4; i++)
        nodes[(at + i - 1) % 4]->next = nodes[(at + i) % 4];
}

int main(void)
{
    make(0);
    make(1);
    make(3);
    forget();
    return 0;
}
