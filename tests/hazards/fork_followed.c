// SPDX-License-Identifier: MIT
// With follow=fork each child has a profile of its own, from its start on.
// OPTIONS: follow=fork
// EXPECT: len(reports) == 3
// EXPECT: site("in_parent")["allocations"] == 5
// EXPECT: sorted(r["process"]["exit"]["status"] for r in reports) == [0, 7, 8]
// EXPECT: all(r["heap"]["allocations"] in (5, 3) for r in reports)
// EXPECT: all(r["heap"]["live_blocks"] in (5, 3) for r in reports)
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void in_parent(void)
{
    malloc(50);
}

void in_child(void)
{
    malloc(60);
}

int main(void)
{
    for (int i = 0; i < 5; i++)
        in_parent();
    if (fork() == 0) {
        for (int i = 0; i < 3; i++)
            in_child();
        exit(7);
    }
    wait(NULL);
    if (syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL) == 0) {
        for (int i = 0; i < 3; i++)
            in_child();
        exit(8);
    }
    wait(NULL);
    return 0;
}
