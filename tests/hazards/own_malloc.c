// SPDX-License-Identifier: MIT
// A program with a malloc of its own: we see nothing of its heap, and say so.
// EXPECT: any("malloc" in note for note in health["notes"])
#include <stddef.h>
#include <stdio.h>

static char arena[1 << 20];
static size_t used;

void *malloc(size_t bytes)
{
    void *block = arena + used;

    used += (bytes + 15) & ~(size_t)15;
    return used < sizeof(arena) ? block : NULL;
}

void *calloc(size_t count, size_t bytes)
{
    return malloc(count * bytes);
}

void *realloc(void *block, size_t bytes)
{
    char *moved = malloc(bytes);

    for (size_t i = 0; block && i < bytes; i++)
        moved[i] = ((char *)block)[i];
    return moved;
}

void free(void *block)
{
    (void)block;
}

int main(void)
{
    printf("%d\n", (char *)malloc(10) >= arena);
    return 0;
}
