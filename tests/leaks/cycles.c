// SPDX-License-Identifier: MIT
// Circles of one, two and three blocks: one of each is the head, the others are lost with it. A
// circle that a global holds is reachable.
// LEAKS: definite one 1 24, definite two 1 24, indirect two 1 24, definite three 1 24
// LEAKS: indirect three 2 48, reachable held 3 72
#include "leaks.h"

static struct node *volatile kept;

static SITE void one(void)
{
    struct node *node = calloc(1, sizeof(*node));

    node->next = node;
}

static SITE struct node *link_circle(struct node **nodes, int count)
{
    for (int i = 0; i < count; i++)
        nodes[i]->next = nodes[(i + 1) % count];
    return nodes[0];
}

static SITE void two(void)
{
    struct node *nodes[2];

    for (int i = 0; i < 2; i++)
        nodes[i] = calloc(1, sizeof(struct node));
    link_circle(nodes, 2);
}

static SITE void three(void)
{
    struct node *nodes[3];

    for (int i = 0; i < 3; i++)
        nodes[i] = calloc(1, sizeof(struct node));
    link_circle(nodes, 3);
}

static SITE void held(void)
{
    struct node *nodes[3];

    for (int i = 0; i < 3; i++)
        nodes[i] = calloc(1, sizeof(struct node));
    kept = link_circle(nodes, 3);
}

int main(void)
{
    one();
    two();
    three();
    held();
    forget();
    return 0;
}
