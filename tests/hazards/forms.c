// SPDX-License-Identifier: MIT
// One program, built and linked in many ways: with compressed, split, old and no debug information,
// optimised as a whole, stripped, at a fixed address, without a build id. Its blocks are counted in
// each, and named by what there is (forms.cmake).
// EXPECT: heap["allocations"] == 7 and heap["allocated_bytes"] == 700 and heap["live_blocks"] == 7
// EVERY_MODE: process["exit"] == {"kind": "exited", "status": 0}
#include <stdlib.h>

void *volatile kept;

__attribute__((noinline)) static void leaf_of_forms(void)
{
    kept = malloc(100);
}

__attribute__((noinline)) static void caller_of_forms(int count)
{
    for (; count; count--)
        leaf_of_forms();
}

int main(void)
{
    caller_of_forms(7);
    return 0;
}
