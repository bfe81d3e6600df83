// SPDX-License-Identifier: MIT
// No descriptor is to be had once the host has used them all: the host does not notice.
// EXPECT: heap["allocations"] >= 100
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

void branch(int depth, int path)
{
    if (depth == 0)
        free(malloc(8));
    else if (path & 1)
        branch(depth - 1, path >> 1);
    else
        branch(depth - 1, path >> 1);
}

int main(void)
{
    struct rlimit limit = {20, 20};
    int count = 0;

    setrlimit(RLIMIT_NOFILE, &limit);
    while (open("/dev/null", O_RDONLY) >= 0)
        count++;
    printf("%d\n", count);
    for (int path = 0; path < 1 << 14; path++)
        branch(14, path);
    return 0;
}
