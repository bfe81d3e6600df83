// SPDX-License-Identifier: MIT
// quick_exit, with a handler of the host that runs before us.
// STATUS: 7
// EXPECT: process["exit"]["kind"] == "exited"
// EXPECT: process["exit"]["status"] == 7
// EXPECT: site("handler")["allocations"] == 1
#include <stdlib.h>

void handler(void)
{
    malloc(9);
}

int main(void)
{
    at_quick_exit(handler);
    quick_exit(7);
}
