// SPDX-License-Identifier: MIT
// A child made by fork runs clean: what it does is not in its parent's profile, however it ends.
// EXPECT: len(reports) == 1
// EXPECT: site("in_parent")["allocations"] == 100 and site("in_parent")["live_blocks"] == 0
// EXPECT: site("in_child") == {}
// EXPECT: process["exit"] == {"kind": "exited", "status": 0}
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void *in_parent(void)
{
    return malloc(50);
}

void in_child(void)
{
    for (int i = 0; i < 1000; i++)
        malloc(60);
}

static int finish(int pid)
{
    int status;

    waitpid(pid, &status, 0);
    return status;
}

int main(void)
{
    void *blocks[100];
    int pid;

    for (int i = 0; i < 100; i++)
        blocks[i] = in_parent();
    if ((pid = fork()) == 0) {
        in_child();
        for (int i = 0; i < 100; i++)
            free(blocks[i]);
        exit(7);
    }
    printf("fork %d\n", finish(pid) >> 8);
    if ((pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL)) == 0) {
        in_child();
        _exit(8);
    }
    printf("clone %d\n", finish(pid) >> 8);
    if ((pid = _Fork()) == 0) {
        in_child();
        _Exit(9);
    }
    printf("_Fork %d\n", finish(pid) >> 8);
    if ((pid = vfork()) == 0)
        _exit(10);
    printf("vfork %d\n", finish(pid) >> 8);
    for (int i = 0; i < 100; i++)
        free(blocks[i]);
    return 0;
}
