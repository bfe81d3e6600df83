// SPDX-License-Identifier: MIT
// The peak is the highest sum of live bytes, and the sites' shares of that moment add up to it.
// EXPECT: heap["peak_bytes"] == 1000 + 50000 + 300 and heap["peak_blocks"] == 1 + 50 + 1
// EXPECT: site("early")["peak_bytes"] == 1000
// EXPECT: site("bulk")["peak_bytes"] == 50000 and site("bulk")["live_bytes"] == 0
// EXPECT: site("last")["peak_bytes"] == 300
// EXPECT: site("late")["peak_bytes"] == 0 and site("late")["live_bytes"] == 20000
#include <stdlib.h>

void *early(void)
{
    return malloc(1000);
}

void *bulk(void)
{
    return malloc(1000);
}

void *last(void)
{
    return malloc(300);
}

void *late(void)
{
    return malloc(20000);
}

static void *blocks[50];

int main(void)
{
    void *volatile kept = early();
    void *top;

    for (int i = 0; i < 50; i++)
        blocks[i] = bulk();
    top = last(); // the peak
    for (int i = 0; i < 50; i++)
        free(blocks[i]);
    free(top);
    kept = late();
    (void)kept;
    return 0;
}
