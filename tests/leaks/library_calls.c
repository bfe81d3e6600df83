// SPDX-License-Identifier: MIT
// Blocks that the C library's functions hand out belong to the program: strings, lines, lists.
// LEAKS: definite lose_strdup 1 6, reachable keep_strdup 1 8, definite lose_strndup 1 4
// LEAKS: definite lose_asprintf 1 9, definite lose_calloc 1 800, reachable keep_path 1 4096
// LEAKS: definite lose_scandir 1 2048
#include "leaks.h"

#include <limits.h>

static char *kept, *kept_path;

static SITE void lose_strdup(void)
{
    strdup("hello");
}

static SITE void keep_strdup(void)
{
    kept = strdup("goodbye");
}

static SITE void lose_strndup(void)
{
    strndup("hello", 3);
}

static SITE void lose_asprintf(void)
{
    char *text;

    asprintf(&text, "%d-%s", 1234, "abc");
    text = NULL;
}

static SITE void lose_calloc(void)
{
    calloc(100, 8);
}

static SITE void keep_path(void)
{
    kept_path = realpath("/", malloc(PATH_MAX));
}

static SITE void lose_scandir(void)
{
    setvbuf(stdin, malloc(2048), _IOFBF, 2048);
    setvbuf(stdin, NULL, _IONBF, 0);
}

int main(void)
{
    lose_strdup();
    keep_strdup();
    lose_strndup();
    lose_asprintf();
    lose_calloc();
    keep_path();
    lose_scandir();
    forget();
    return 0;
}
