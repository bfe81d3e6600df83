// SPDX-License-Identifier: MIT
// We hold no descriptor: the host sees only its own, the first one it opens is 3, and a host that
// closes all and opens files of its own finds only its own bytes in them.
// WITNESS: without descriptor 3
// EXPECT: len(heap["sites"]) > 900
// EXPECT: health["complete"] and not any(health["dropped"].values())
#include "many_stacks.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

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
    many_stacks(10);
    fstat(own, &status);
    printf("own file has %ld bytes\n", (long)status.st_size);
    unlink(name);
    list();
    return 0;
}
