// SPDX-License-Identifier: MIT
// Children by clone that share the program's memory, as spawn implementations make them: with a
// stack of their own, while the parent stands still. They try programs that are not there and end;
// the parent goes on recording.
// EXPECT: len(reports) == 1 and process["exit"] == {"kind": "exited", "status": 0}
// EXPECT: site("in_parent")["allocations"] == 40 == site("in_parent")["frees"]
// EXPECT: health["complete"] and not any(health["dropped"].values())
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char stack[64 << 10] __attribute__((aligned(16)));

static int child(void *path)
{
    char *const arguments[] = {"nothing", NULL};

    execv(path, arguments);
    _exit(path && access(path, F_OK) ? 3 : 4);
}

static void in_parent(void)
{
    free(malloc(30));
}

int main(void)
{
    int good = 0;

    for (int i = 0; i < 40; i++) {
        char *path = i % 2 ? "/nowhere" : "/";
        int status = 0;
        pid_t pid = clone(child, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, path);

        in_parent();
        good += waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == (i % 2 ? 3 : 4);
    }
    printf("%d\n", good);
    return 0;
}
