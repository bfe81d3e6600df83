// SPDX-License-Identifier: MIT
// The program frees the middle of a block: glibc ends it. (Under Memcheck it goes on.)
// LEAKS: unclassified
// MISUSE: interior malloc free make release 1
// STATUS: -6
// MEMCHECK: definite make 1 100
#include "leaks.h"

static SITE char *make(void)
{
    return calloc(1, 100);
}

static SITE void release(void)
{
    free(make() + 8);
}

int main(void)
{
    release();
    return 0;
}
