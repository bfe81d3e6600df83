// SPDX-License-Identifier: MIT
// Allocations before our constructor, in handlers and destructors, and after the report has been
// made: blocks of each time are freed at another one, and nothing breaks.
// EXPECT: site("library_begins")["allocations"] == 2 and site("library_begins")["frees"] == 2
// EXPECT: site("program_begins")["frees"] == 1 and site("in_handler")["allocations"] == 1
// EVERY_MODE: process["exit"] == {"kind": "exited", "status": 0}
#include <stdio.h>
#include <stdlib.h>

extern int library_is_there;

static char *begun;

__attribute__((constructor)) void program_begins(void)
{
    begun = malloc(13);
}

void in_handler(void)
{
    puts("handler");
    free(begun);
    begun = malloc(14);
}

__attribute__((destructor)) static void program_ends(void)
{
    puts("destructor of the program");
    free(begun);
    free(calloc(3, 5));
}

int main(void)
{
    atexit(in_handler);
    puts(library_is_there ? "main" : "no library");
    return 0;
}
