// SPDX-License-Identifier: MIT
// What a freed block held is lost, whatever the allocator did with the freed block: small and big,
// at the end of the heap, unmapped, in the rest of a block that was made smaller.
// LEAKS: definite small 5 200, definite big 5 240, definite at_end 1 56, definite mapped 1 64
// LEAKS: definite cut_off 1 72, reachable made_smaller 1 32
#include "leaks.h"

static void *kept;

// A freed block keeps its middle as it was. (calloc: so would the next block in its place.)
static SITE void hold_in(size_t holder_bytes, void *block)
{
    void **holder = calloc(1, holder_bytes);

    holder[holder_bytes / sizeof(void *) / 2] = block;
    free(holder);
}

static SITE void small(int i)
{
    hold_in(64u << i, calloc(1, 40));
}

static SITE void big(int i)
{
    void **holder = calloc(1, 2000u << i);
    void *barrier = calloc(1, 16); // the holder does not join the end of the heap

    holder[100] = calloc(1, 48);
    free(holder);
    free(barrier);
}

static SITE void at_end(void)
{
    void *block = calloc(1, 56);

    hold_in(3000, block);
}

static SITE void mapped(void)
{
    void *block = calloc(1, 64);

    hold_in(1 << 20, block);
}

static SITE void cut_off(void **holder)
{
    holder[200] = calloc(1, 72);
}

static SITE void made_smaller(void)
{
    void **holder = calloc(1, 4000);

    cut_off(holder);
    kept = realloc(holder, 32);
}

int main(void)
{
    for (int i = 0; i < 5; i++) {
        small(i);
        big(i);
    }
    at_end();
    mapped();
    made_smaller();
    forget();
    return 0;
}
