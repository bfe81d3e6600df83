// SPDX-License-Identifier: MIT
// The host enters namespaces of its own: of users, of mounts, of names, and of processes for its
// next child, whose number there is 1. The child is nobody's business.
// EXPECT: len(reports) == 1 and process["exit"] == {"kind": "exited", "status": 0}
// EXPECT: site("in_parent")["allocations"] == 2 and site("in_child") == {} and health["complete"]
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void in_parent(void)
{
    malloc(10);
}

static void in_child(void)
{
    malloc(20);
}

int main(void)
{
    int status = -1, spaces;

    in_parent();
    spaces = unshare(CLONE_NEWUSER) == 0;
    spaces += unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC) == 0;
    spaces += unshare(CLONE_NEWPID) == 0;
    printf("%d namespaces, user %d, ", spaces, (int)geteuid());
    fflush(stdout);
    if (fork() == 0) {
        in_child();
        exit(getpid() == 1 ? 7 : 8);
    }
    wait(&status);
    in_parent();
    printf("child %d\n", WEXITSTATUS(status));
    return 0;
}
