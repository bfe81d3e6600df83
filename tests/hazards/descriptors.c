// SPDX-License-Identifier: MIT
// We hold no descriptor: the host sees only its own, the first one it opens is 3, and a host that
// closes all and opens files of its own finds only its own bytes in them.
// WITNESS: without descriptor 3
// EXPECT: len(heap["sites"]) > 900
// EXPECT: health["complete"] and not any(health["dropped"].values())
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

// 2^10 distinct stacks, so that the profile grows
void branch(int depth, int path)
{
    if (depth == 0)
        free(malloc(8));
    else if (path & 1)
        branch(depth - 1, path >> 1);
    else
        branch(depth - 1, path >> 1);
}

static void list(void)
{
    for (int fd = 0; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            printf("%d ", fd);
    printf("\n");
}

int main(void)
{
    char name[] = "fileXXXXXX";
    struct stat status;
    int own;

    list();
    printf("opened %d\n", open("/dev/null", O_RDONLY));
    close_range(3, ~0u, 0);
    own = mkstemp(name);
    printf("own %d\n", own);
    for (int path = 0; path < 1024; path++)
        branch(10, path);
    fstat(own, &status);
    printf("own file has %ld bytes\n", (long)status.st_size);
    unlink(name);
    list();
    return 0;
}
