// SPDX-License-Identifier: MIT
//
// The library of deepbind.c and other_namespace.c: it allocates and frees on its own.
#include <stdlib.h>
#include <string.h>

static char *kept;

char *library_gives(const char *text)
{
    kept = realloc(kept, 5000);
    free(calloc(7, 9));
    return strdup(text);
}

void library_takes(char *block)
{
    free(block);
    free(kept);
    kept = NULL;
}
