// SPDX-License-Identifier: MIT
// The host changes its root to an empty directory, in a user namespace of its own where it must:
// the profile can't be reached any more, nor the command. It grows all the same, where the file
// system has holes for it; else the loss is counted. Nothing else changes.
// EXPECT: len(sites("branch")) == 4096 or health["dropped"]["profile_full"] > 0
// EXPECT: site("before")["allocations"] == 3
// EXPECT: stdout == "/ has 2 entries\n" and process["exit"] == {"kind": "exited", "status": 0}
#include "many_stacks.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void before(void)
{
    malloc(16);
}

int main(void)
{
    DIR *root;
    int entries = 0;

    for (int i = 0; i < 3; i++)
        before();
    mkdir("empty", 0700);
    if (chroot("empty") != 0 && (unshare(CLONE_NEWUSER) != 0 || chroot("empty") != 0))
        return 1;
    chdir("/");
    many_stacks(12);
    root = opendir("/");
    while (readdir(root))
        entries++;
    closedir(root);
    printf("/ has %d entries\n", entries);
    return 0;
}
