// SPDX-License-Identifier: MIT
// Objects that a program carves out of a big block of its own hold the only pointers to other
// blocks: what they hold shares the fate of the big block.
// LEAKS: reachable held_pool 1 65536, reachable held_item 8 256
// LEAKS: definite lost_pool 1 65536, indirect lost_item 8 384
// LEAKS: possible inside_pool 1 65536, possible inside_item 8 448
#include "leaks.h"

#define POOL_BYTES 65536

struct pool {
    size_t used;
    char room[POOL_BYTES - sizeof(size_t)];
};

static struct pool *kept;
static void **volatile inside;

static SITE void **carve(struct pool *pool)
{
    void **object = (void **)(pool->room + pool->used);

    pool->used += 1024;
    return object;
}

static SITE void *held_item(void)
{
    return calloc(1, 32);
}

static SITE void held_pool(void)
{
    kept = calloc(1, sizeof(*kept));
    for (int i = 0; i < 8; i++)
        *carve(kept) = held_item();
}

static SITE void *lost_item(void)
{
    return calloc(1, 48);
}

static SITE void lost_pool(void)
{
    struct pool *pool = calloc(1, sizeof(*pool));

    for (int i = 0; i < 8; i++)
        *carve(pool) = lost_item();
}

static SITE void *inside_item(void)
{
    return calloc(1, 56);
}

static SITE void inside_pool(void)
{
    struct pool *pool = calloc(1, sizeof(*pool));

    for (int i = 0; i < 8; i++)
        *(inside = carve(pool)) = inside_item();
}

int main(void)
{
    held_pool();
    lost_pool();
    inside_pool();
    forget();
    return 0;
}
