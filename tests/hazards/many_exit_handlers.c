// SPDX-License-Identifier: MIT
// libc allocates room for more exit handlers while it holds their lock; ours among them, and none
// is lost. They run in their order, and allocate.
// EXPECT: site("handler")["allocations"] == 300
#include <stdio.h>
#include <stdlib.h>

#define HANDLERS 300

static int run, quick_run;

void handler(void)
{
    free(malloc(100));
    if (++run == HANDLERS)
        printf("%d handlers\n", run);
}

void quick_handler(void)
{
    quick_run++;
}

int main(void)
{
    int failed = 0;

    for (int i = 0; i < HANDLERS; i++)
        failed += atexit(handler) + at_quick_exit(quick_handler);
    printf("%d failed\n", failed);
    return quick_run;
}
