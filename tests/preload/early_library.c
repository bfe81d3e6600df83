// SPDX-License-Identifier: MIT
// The library of early.c.
#include <stdlib.h>

int early_count;
static void *kept[3];

__attribute__((constructor)) void before_everything(void)
{
    for (int i = 0; i < 3; i++)
        kept[early_count++] = malloc(77);
    free(kept[0]);
}
