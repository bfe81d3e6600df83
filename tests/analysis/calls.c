// SPDX-License-Identifier: MIT
//
// calls.c - a heap whose every figure is known: recursion, inlined code, two functions of one name.
// analysis_test.py finds lines by their marks.
#include <stddef.h>
#include <stdlib.h>

void other_run(void);

static void *kept[64];
static size_t kept_count;

static void keep(void *block)
{
    kept[kept_count++] = block;
}

static void down(int levels)
{
    keep(malloc(100)); // MARK down-malloc
    if (levels > 1)
        down(levels - 1); // MARK down-call
}

static void pong(int levels);

static void ping(int levels)
{
    keep(malloc(10)); // MARK ping-malloc
    if (levels > 1)
        pong(levels - 1);
}

static void pong(int levels)
{
    keep(malloc(1000));
    if (levels > 1)
        ping(levels - 1);
}

static inline __attribute__((always_inline)) void in_line(size_t bytes)
{
    keep(malloc(bytes)); // MARK inline-malloc
}

static void helper(void)
{
    keep(malloc(3000));
}

// MARK gap-begin
static void with_gap(int number)
{
    keep(malloc(70)); // MARK gap-first
    if (number == 1)
        number = 2;
    if (number == 3)
        number = 4;
    if (number == 5)
        number = 6;
    if (number == 7)
        number = 8;
    if (number == 9)
        number = 10; // MARK gap-inside
    if (number == 11)
        number = 12;
    if (number == 13)
        number = 14;
    if (number == 15)
        number = 16;
    if (number == 17)
        number = 18;
    keep(malloc(70)); // MARK gap-last
}

static void freed(void)
{
    for (int i = 0; i < 7; i++)
        free(malloc(50)); // MARK freed
}

int main(void)
{
    down(5); // MARK main-down
    ping(4);
    in_line(500);
    in_line(600);
    helper();
    other_run();
    with_gap(0);
    freed();
    return kept_count == 0;
}
