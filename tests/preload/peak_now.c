// SPDX-License-Identifier: MIT
// A program that never frees is at its peak when it ends.
// EXPECT: heap["peak_bytes"] == heap["live_bytes"] == 5000
// EXPECT: heap["peak_blocks"] == 5
#include <stdlib.h>

int main(void)
{
    for (int i = 0; i < 5; i++)
        malloc(1000);
    return 0;
}
