// SPDX-License-Identifier: MIT
// The host's umask, whatever it is, is the host's: it allows nothing, then everything; its own
// files have their modes, and the profile grows on and has its own.
// EXPECT: stdout == "own 0, own 666, mask 0\n" and health["complete"]
// EXPECT: not any(health["dropped"].values()) and len(heap["sites"]) > 4000
#include "many_stacks.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned create(const char *name)
{
    struct stat status;

    close(open(name, O_CREAT | O_WRONLY, 0666));
    stat(name, &status);
    return status.st_mode & 0777;
}

int main(void)
{
    unsigned first;

    umask(0777);
    first = create("none");
    many_stacks(11);
    umask(0);
    many_stacks(12);
    printf("own %o, own %o, ", first, create("all"));
    printf("mask %o\n", umask(0));
    return 0;
}
