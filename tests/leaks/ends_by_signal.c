// SPDX-License-Identifier: MIT
// The program is ended by a signal: nobody looked at its blocks before that. (Memcheck does.)
// LEAKS: unclassified
// MEMCHECK: not run
// STATUS: -6
#include "leaks.h"

static SITE void lose(void)
{
    void *volatile block = malloc(40);

    (void)block;
}

int main(void)
{
    lose();
    forget();
    abort();
}
