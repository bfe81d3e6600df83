// SPDX-License-Identifier: MIT
// A pointer that is not aligned is not seen, in a global or in a block: what it holds is lost.
// LEAKS: definite in_global 1 40, reachable packed_block 1 32, definite in_block 1 48
#include "leaks.h"

struct __attribute__((packed)) record {
    char kind;
    void *pointer;
    char rest[23];
};

static struct record kept __attribute__((aligned(8)));
static struct record *kept_block;

static SITE void in_global(void)
{
    kept.pointer = malloc(40);
}

static SITE void packed_block(void)
{
    kept_block = calloc(1, sizeof(*kept_block));
}

static SITE void in_block(void)
{
    kept_block->pointer = malloc(48);
}

int main(void)
{
    in_global();
    packed_block();
    in_block();
    forget();
    return 0;
}
