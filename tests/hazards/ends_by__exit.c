// SPDX-License-Identifier: MIT
// _exit runs no handler of anyone; the profile is complete all the same.
// STATUS: 6
// EXPECT: process["exit"] == {"kind": "exited", "status": 6}
// EXPECT: site("main")["allocations"] == 1
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
    malloc(9);
    _exit(6);
}
