// SPDX-License-Identifier: MIT
// The host takes every number for files of its own, the standard ones too, again and again, up to
// its last handler, and makes the profile grow meanwhile: only its own bytes are in its files.
// OPTIONS: report=text
// EXPECT: stdout == "" and len(heap["sites"]) > 1000 and health["complete"]
// EXPECT: process["exit"] == {"kind": "exited", "status": 0}
#include "many_stacks.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define FDS 200

static void take_all(void)
{
    int own = open("own", O_CREAT | O_RDWR | O_APPEND, 0600);

    for (int fd = 0; fd < FDS; fd++)
        if (fd != own)
            dup2(own, fd);
    if (own >= FDS)
        close(own);
}

static void check(void)
{
    struct stat status;

    take_all();
    branch(5, 7);
    if (stat("own", &status) != 0 || status.st_size != 3)
        _exit(1);
    for (int fd = FDS; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            _exit(2);
}

int main(void)
{
    atexit(check);
    closefrom(0);
    take_all();
    for (int path = 0; path < 1 << 11; path++) {
        branch(11, path);
        if (path % 256 == 0)
            take_all();
    }
    return write(77, "own", 3) != 3;
}
