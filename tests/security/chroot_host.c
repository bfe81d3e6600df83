// SPDX-License-Identifier: MIT
//
// chroot_host.c - goes into the directory argv[1] as its root, for good.
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc != 2 || chroot(argv[1]) != 0 || chdir("/") != 0)
        return 77;
    puts("done");
    return 0;
}
