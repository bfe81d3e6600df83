// SPDX-License-Identifier: MIT
// Only a pointer into the middle: possible. With one to the start as well: reachable. One just
// behind the end, or before the start, is no pointer.
// LEAKS: possible middle 1 64, possible last_byte 1 72, reachable both 1 80, reachable start 1 88
// LEAKS: definite past_end 1 96, definite past_rounded_end 1 100, definite before_start 1 104
#include "leaks.h"

static char *volatile kept[8];

static SITE void middle(void)
{
    kept[0] = (char *)malloc(64) + 8;
}

static SITE void last_byte(void)
{
    kept[1] = (char *)malloc(72) + 71;
}

static SITE void both(void)
{
    kept[2] = malloc(80);
    kept[3] = kept[2] + 16;
}

static SITE void start(void)
{
    kept[4] = malloc(88);
}

static SITE void past_end(void)
{
    kept[5] = (char *)malloc(96) + 96;
}

static SITE void past_rounded_end(void)
{
    kept[6] = (char *)malloc(100) + 100;
}

static SITE void before_start(void)
{
    kept[7] = (char *)malloc(104) - 1;
}

int main(void)
{
    middle();
    last_byte();
    both();
    start();
    past_end();
    past_rounded_end();
    before_start();
    forget();
    return 0;
}
