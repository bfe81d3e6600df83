// SPDX-License-Identifier: MIT
// The root of a tree is lost: all else is lost with it.
// LEAKS: definite root 1 24, indirect grow 6 144
#include "leaks.h"

static SITE struct node *grow(int depth)
{
    struct node *node;

    if (depth == 0)
        return NULL;
    node = calloc(1, sizeof(*node));
    node->next = grow(depth - 1);
    node->other = grow(depth - 1);
    return node;
}

static SITE void root(void)
{
    struct node *node = calloc(1, sizeof(*node));

    node->next = grow(2);
    node->other = grow(2);
}

int main(void)
{
    root();
    forget();
    return 0;
}
