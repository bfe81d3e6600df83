// SPDX-License-Identifier: MIT
// No descriptor is to be had once the host has used them all: the host does not notice.
// EXPECT: heap["allocations"] >= 100
#include "many_stacks.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>

int main(void)
{
    struct rlimit limit = {20, 20};
    int count = 0;

    setrlimit(RLIMIT_NOFILE, &limit);
    while (open("/dev/null", O_RDONLY) >= 0)
        count++;
    printf("%d\n", count);
    many_stacks(14);
    return 0;
}
