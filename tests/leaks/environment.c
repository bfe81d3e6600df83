// SPDX-License-Identifier: MIT
// The environment holds strings: those that putenv was given, and those that setenv made
// (as it makes the list of all). One that putenv replaced is lost.
// LEAKS: reachable put 1 16, definite replaced 1 24, reachable set * *
#include "leaks.h"

static SITE void set(void)
{
    static char text[4096 - sizeof("LEAKS_SET=")];

    memset(text, 'x', sizeof(text) - 1);
    setenv("LEAKS_SET", text, 1);
}

static SITE void put(void)
{
    char *text = malloc(16);

    strcpy(text, "LEAKS_PUT=1");
    putenv(text);
}

static SITE void replaced(void)
{
    char *text = malloc(24);

    strcpy(text, "LEAKS_REPLACED=1");
    putenv(text);
    putenv("LEAKS_REPLACED=2");
}

int main(void)
{
    put();
    replaced();
    set();
    forget();
    return 0;
}
