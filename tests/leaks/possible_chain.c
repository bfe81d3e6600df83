// SPDX-License-Identifier: MIT
// What hangs on a possible block is possible, also by start pointers; what a reachable block holds
// by its middle is possible.
// LEAKS: possible join 4 96, reachable held 1 24, possible by_middle 1 40, possible below 1 48
#include "leaks.h"

static char *volatile inside;
static struct node *kept;

static SITE struct node *join(struct node *next)
{
    struct node *node = calloc(1, sizeof(*node));

    node->next = next;
    return node;
}

static SITE void *below(void)
{
    return calloc(1, 48);
}

static SITE char *by_middle(void)
{
    void **block = calloc(1, 40);

    block[0] = below();
    return (char *)block + 16;
}

static SITE void held(void)
{
    kept = calloc(1, sizeof(*kept));
    kept->next = (void *)by_middle();
}

static SITE void run(void)
{
    struct node *list = NULL;

    for (int i = 0; i < 4; i++)
        list = join(list);
    inside = (char *)list + 8;
    held();
}

int main(void)
{
    run();
    forget();
    return 0;
}
