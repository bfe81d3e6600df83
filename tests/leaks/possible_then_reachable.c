// SPDX-License-Identifier: MIT
// Blocks that are found by a middle first and by their start later, and what hangs on them, are
// reachable; so are those that a possible and a reachable block hold.
// LEAKS: reachable target 1 24, reachable below 2 48, possible doubtful 1 24, reachable sure 1 24
#include "leaks.h"

// a scan finds these in one order or the other
static struct {
    char *inside_first;
    void *start;
    char *inside_last;
} kept;
static char *doubtful_inside;
static struct node *sure_start;

static SITE struct node *below(struct node *next)
{
    struct node *node = calloc(1, sizeof(*node));

    node->next = next;
    return node;
}

static SITE struct node *target(void)
{
    struct node *node = calloc(1, sizeof(*node));

    node->next = below(below(NULL));
    return node;
}

static SITE void doubtful(struct node *of)
{
    struct node *node = calloc(1, sizeof(*node));

    node->next = of;
    doubtful_inside = (char *)node + 4;
}

static SITE void sure(struct node *of)
{
    sure_start = calloc(1, sizeof(*sure_start));
    sure_start->other = of;
}

static SITE void run(void)
{
    struct node *node = target();

    kept.inside_first = (char *)node + 8;
    kept.start = node;
    kept.inside_last = (char *)node + 16;
    doubtful(node->next);
    sure(node->next);
}

int main(void)
{
    run();
    forget();
    return 0;
}
