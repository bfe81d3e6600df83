// SPDX-License-Identifier: MIT
// Two lost heads with one child: the child is lost once. A child of a lost and of a held head is
// reachable.
// LEAKS: definite head 2 48, indirect child 1 40, definite lost_parent 1 24
// LEAKS: reachable held_parent 1 24, reachable common 1 56
#include "leaks.h"

static struct node *volatile kept;

static SITE void *child(void)
{
    return calloc(1, 40);
}

static SITE struct node *head(void *of)
{
    struct node *node = calloc(1, sizeof(*node));

    node->next = of;
    return node;
}

static SITE void *common(void)
{
    return calloc(1, 56);
}

static SITE void lost_parent(void *of)
{
    struct node *node = calloc(1, sizeof(*node));

    node->other = of;
}

static SITE void held_parent(void *of)
{
    kept = calloc(1, sizeof(*kept));
    kept->other = of;
}

static SITE void run(void)
{
    void *shared = child();

    head(shared);
    head(shared);
    shared = common();
    lost_parent(shared);
    held_parent(shared);
}

int main(void)
{
    run();
    forget();
    return 0;
}
