// SPDX-License-Identifier: MIT
// abort leaves a readable profile.
// STATUS: -6
// EXPECT: process["exit"]["kind"] == "killed"
// EXPECT: site("main")["allocations"] == 3
#include <stdlib.h>

int main(void)
{
    for (int i = 0; i < 3; i++)
        malloc(9);
    abort();
}
