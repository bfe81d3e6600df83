// SPDX-License-Identifier: MIT
// The profile may not grow beyond RLIMIT_FSIZE: no SIGXFSZ, recording stops, the loss is counted.
// EXPECT: health["dropped"]["profile_full"] > 0
// EXPECT: heap["allocations"] > 1000
#include "many_stacks.h"

#include <stdio.h>
#include <sys/resource.h>

int main(void)
{
    struct rlimit limit = {400 << 10, 400 << 10};

    printf("%d\n", setrlimit(RLIMIT_FSIZE, &limit));
    many_stacks(14);
    puts("done");
    return 0;
}
