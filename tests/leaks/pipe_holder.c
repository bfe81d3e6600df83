// SPDX-License-Identifier: MIT
// Pointers that are only in a pipe, or in a file, hold nothing.
// LEAKS: definite in_pipe 1 40, definite in_file 1 48
#include "leaks.h"

#include <sys/mman.h>

static int ends[2];

static SITE void in_pipe(void)
{
    void *block = malloc(40);

    write(ends[1], &block, sizeof(block));
}

static SITE void in_file(void)
{
    void *block = malloc(48);

    pwrite(memfd_create("words", 0), &block, sizeof(block), 0);
}

int main(void)
{
    pipe(ends);
    in_pipe();
    in_file();
    forget();
    return 0;
}
