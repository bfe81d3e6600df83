// SPDX-License-Identifier: MIT
// A library's constructor allocates before ours has run: counted, with its caller.
// EXPECT: site("before_everything")["allocations"] == 3 and site("before_everything")["frees"] == 1
// EXPECT: health["dropped"]["before_start"] == 0
#include <stdio.h>

extern int early_count;

int main(void)
{
    printf("%d\n", early_count);
    return 0;
}
