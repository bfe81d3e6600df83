// SPDX-License-Identifier: MIT
// Stacks deeper than max_frames keep the inner frames and say that the outer ones are missing.
// OPTIONS: max_frames=10
// EXPECT: len(sites("dig")) == 1 and sites("dig")[0]["allocations"] == 3
// EXPECT: [f["function"] for f in sites("dig")[0]["stack"]] in [["dig"] * n + ["[truncated]"] for n in range(5, 11)]
// EXPECT: health["truncated_stacks"] == 3
#include <stdlib.h>

void dig(int depth)
{
    if (depth == 0)
        malloc(1);
    else
        dig(depth - 1);
}

int main(void)
{
    for (int i = 0; i < 3; i++)
        dig(100);
    return 0;
}
