// SPDX-License-Identifier: MIT
//
// The library of to_the_end.c: its constructor runs before ours, its handler and its destructor
// after all of the program's.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int library_is_there = 1;

static char *first;

static void say(const char *where)
{
    char *block = strdup(where);

    fputs(block, stdout);
    free(block);
}

static void oldest_handler(int status, void *unused)
{
    (void)status;
    say("oldest handler\n");
    free(unused);
    free(malloc(200));
    first = realloc(first, 5000);
    free(first);
}

__attribute__((constructor)) void library_begins(void)
{
    first = malloc(11);
    on_exit(oldest_handler, malloc(12));
}

__attribute__((destructor)) static void library_ends(void)
{
    say("destructor of the library\n");
}
