// SPDX-License-Identifier: MIT
// A library with thread-local variables, loaded by the program: dynamic ones, of which each thread
// has a block that the loader allocates, once it uses them.
#include <string.h>

static __thread struct {
    char room[5000];
    void *pointer;
} local;

void lib_hold(void *block);

void lib_hold(void *block)
{
    memset(local.room, 1, sizeof(local.room));
    local.pointer = block;
}
