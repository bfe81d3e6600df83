// SPDX-License-Identifier: MIT
// A realloc is one free and one allocation, at the site of the realloc.
// EXPECT: site("first")["allocations"] == 1 and site("first")["frees"] == 1
// EXPECT: site("grow")["allocations"] == 10 and site("grow")["allocated_bytes"] == sum(range(200, 1200, 100))
// EXPECT: site("grow")["frees"] == 10 and site("grow")["freed_bytes"] == sum(range(200, 1200, 100))
// EXPECT: heap["reallocs"] == 10 and heap["allocations"] == 12 and heap["live_blocks"] == 0
// EXPECT: site("null")["allocations"] == 1 and site("null")["allocated_bytes"] == 60
#include <stdlib.h>

void *first(void)
{
    return malloc(100);
}

void *grow(void *block, int bytes)
{
    return realloc(block, bytes);
}

void *null(void)
{
    return reallocarray(NULL, 3, 20);
}

int main(void)
{
    void *block = first();

    for (int bytes = 200; bytes < 1200; bytes += 100)
        block = grow(block, bytes);
    realloc(block, 0); // frees
    free(null());
    return 0;
}
