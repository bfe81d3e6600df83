// SPDX-License-Identifier: MIT
//
// children.c - a child made by fork, one by vfork, an exec that fails and one that succeeds: to
// itself, with an argument.
#include "shape.h"

#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char *const again[] = {argv[0], "again", NULL};
    pid_t child;

    churn_ms(10);
    if (argc > 1)
        return 0;
    child = fork();
    if (child == 0) {
        say("child", (uint64_t)getpid());
        churn_ms(20);
        return 0;
    }
    waitpid(child, NULL, 0);
    child = vfork();
    if (child == 0) {
        churn_ms(20); // it may not: but some do
        _exit(0);
    }
    waitpid(child, NULL, 0);
    execv("/does/not/exist", again);
    say("refused", 0);
    churn_ms(20);
    say("execs", 0);
    execv(argv[0], again);
    return 1;
}
