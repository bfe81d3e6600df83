// SPDX-License-Identifier: MIT
// An allocator of the program's own keeps blocks in a free list, for later: the list holds them, as
// does the one whose chunks come from a big block.
// LEAKS: reachable chunk 10 640, reachable arena 1 10000, reachable in_arena 5 200
#include "leaks.h"

static struct node *free_chunks;
static struct {
    char *arena;
    struct node *free;
} carved;

static SITE struct node *chunk(void)
{
    return calloc(1, 64);
}

static SITE void *in_arena(void)
{
    return malloc(40);
}

static SITE void arena(void)
{
    carved.arena = calloc(1, 10000);
}

static SITE void run(void)
{
    for (int i = 0; i < 10; i++) {
        struct node *node = chunk();

        node->next = free_chunks;
        free_chunks = node;
    }
    arena();
    for (int i = 0; i < 5; i++) {
        struct node *node = (struct node *)(carved.arena + i * 2000 + 16);

        node->next = carved.free;
        node->other = in_arena();
        carved.free = node;
    }
}

int main(void)
{
    run();
    forget();
    return 0;
}
