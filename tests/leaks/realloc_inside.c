// SPDX-License-Identifier: MIT
// The program reallocates the middle of a block: glibc ends it. (Under Memcheck it goes on.)
// LEAKS: unclassified
// MISUSE: interior malloc realloc make resize 1
// STATUS: -6
// MEMCHECK: definite make 1 100
#include "leaks.h"

static SITE char *make(void)
{
    return calloc(1, 100);
}

static SITE void resize(void)
{
    realloc(make() + 16, 10);
}

int main(void)
{
    resize();
    return 0;
}
