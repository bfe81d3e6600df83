// SPDX-License-Identifier: MIT
// A host that adopts the orphans below it, as an init does, with children that are profiled: it
// meets its own children and the orphan, and no process of ours.
// OPTIONS: follow=fork
// EXPECT: len(reports) == 5 and stdout == "4 ended, SIGCHLD came\n"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t signals;

static void on_child(int signal)
{
    (void)signal;
    signals++;
}

static void orphan(void)
{
    usleep(100000);
    malloc(10);
    exit(0);
}

int main(void)
{
    int ended = 0;

    signal(SIGCHLD, on_child);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int i = 0; i < 3; i++) {
        if (fork() == 0) {
            if (i == 0 && fork() == 0)
                orphan();
            malloc(10);
            exit(0);
        }
    }
    while (wait(NULL) > 0)
        ended++;
    printf("%d ended, SIGCHLD %s\n", ended, signals > 0 ? "came" : "never came");
    return 0;
}
