// SPDX-License-Identifier: MIT
// An indirect function whose resolver allocates, within the loader, when it is called first. (Where
// the loader runs it while it relocates, a resolver may call nobody: System V ABI, IFUNC.)
// EXPECT: site("one")["allocations"] == 1
#include <stdio.h>

int indirect(void);

int main(void)
{
    printf("%d\n", indirect());
    return 0;
}
