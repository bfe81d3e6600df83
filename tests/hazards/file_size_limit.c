// SPDX-License-Identifier: MIT
// The profile may not grow beyond RLIMIT_FSIZE: no SIGXFSZ, recording stops, the loss is counted.
// EXPECT: health["dropped"]["profile_full"] > 0
// EXPECT: heap["allocations"] > 1000
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
    struct rlimit limit = {400 << 10, 400 << 10};

    printf("%d\n", setrlimit(RLIMIT_FSIZE, &limit));
    for (int path = 0; path < 1 << 14; path++)
        branch(14, path);
    puts("done");
    return 0;
}
