// SPDX-License-Identifier: MIT
// The host changes its directory: the profile stays where it was, and goes on growing.
// EXPECT: heap["allocations"] >= 16384 and len(heap["sites"]) > 16000
// EXPECT: not any(health["dropped"].values())
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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
    umask(0777);
    if (chdir("/") != 0)
        return 1;
    for (int path = 0; path < 1 << 14; path++)
        branch(14, path);
    return 0;
}
