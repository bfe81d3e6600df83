// SPDX-License-Identifier: MIT
// The program becomes another: nobody looked at its blocks before that.
// LEAKS: unclassified
// MEMCHECK: not run
#include "leaks.h"

static SITE void lose(void)
{
    void *volatile block = malloc(40);

    (void)block;
}

int main(void)
{
    lose();
    execlp("true", "true", (char *)NULL);
    return 1;
}
