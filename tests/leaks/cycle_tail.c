// SPDX-License-Identifier: MIT
// A circle of three with a tail of two: one of the circle is the head. A circle with a way in: the
// way in is the head, whichever was found first.
// LEAKS: definite circle 1 24, indirect circle 2 48, indirect tail 2 48
// LEAKS: definite way_in 1 24, indirect inner 2 48
#include "leaks.h"

static SITE struct node *tail(struct node *next)
{
    struct node *node = calloc(1, sizeof(*node));

    node->next = next;
    return node;
}

static SITE void circle(void)
{
    struct node *nodes[3];

    for (int i = 0; i < 3; i++)
        nodes[i] = calloc(1, sizeof(struct node));
    for (int i = 0; i < 3; i++)
        nodes[i]->next = nodes[(i + 1) % 3];
    nodes[1]->other = tail(tail(NULL));
}

static SITE struct node *inner(void)
{
    struct node *first = calloc(1, sizeof(*first));
    struct node *second = calloc(1, sizeof(*second));

    first->next = second;
    second->next = first;
    return first;
}

static SITE void way_in(void)
{
    struct node *circle_of_two = inner();
    struct node *node = calloc(1, sizeof(*node));

    node->next = circle_of_two;
}

int main(void)
{
    circle();
    way_in();
    forget();
    return 0;
}
