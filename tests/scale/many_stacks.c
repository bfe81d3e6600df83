// SPDX-License-Identifier: MIT
// Three levels of functions with 48 calls each make 110,592 stacks: for each of them two blocks, of
// which one stays. SCALE in the environment multiplies: 10 for 1,105,920. Prints the number, which
// many_stacks.py compares with the report.
#include <stdio.h>
#include <stdlib.h>

#define EVERY_6(f, n) f(n) f(n + 1) f(n + 2) f(n + 3) f(n + 4) f(n + 5)
#define EVERY_48(f)                                                                                \
    EVERY_6(f, 0)                                                                                  \
    EVERY_6(f, 6)                                                                                  \
    EVERY_6(f, 12)                                                                                 \
    EVERY_6(f, 18)                                                                                 \
    EVERY_6(f, 24)                                                                                 \
    EVERY_6(f, 30)                                                                                 \
    EVERY_6(f, 36)                                                                                 \
    EVERY_6(f, 42)

static unsigned long stacks;
static void *last;

void leaf(int number)
{
    void **block = malloc(17);

    (void)number;
    free(malloc(23));
    *block = last;
    last = block;
    stacks++;
}

#define CALL_LEAF(number) leaf(number);
void inner(int number)
{
    (void)number;
    EVERY_48(CALL_LEAF)
}

#define CALL_INNER(number) inner(number);
void middle(int number)
{
    (void)number;
    EVERY_48(CALL_INNER)
}

#define CALL_MIDDLE(number) middle(number);
void outer(int level)
{
    if (level > 0)
        outer(level - 1);
    else {
        EVERY_48(CALL_MIDDLE)
    }
}

int main(void)
{
    const char *scale = getenv("SCALE");

    for (volatile int level = 0; level < (scale ? atoi(scale) : 1); level++)
        outer(level);
    printf("%lu", stacks);
    return 0;
}
