// SPDX-License-Identifier: MIT
// A vfork child allocates, in its parent's memory and on its parent's stack, and goes: the parent's
// stacks are right and its profile is its own.
// EXPECT: site("parent")["allocations"] == 200 and site("parent")["frees"] == 200
// EXPECT: len(sites("parent")) == 2 and all(s["stack"][-1]["function"] == "_start" for s in sites("parent"))
// EXPECT: len(reports) == 1 and not health["dropped"]["reused"]
// EXPECT: process["exit"] == {"kind": "exited", "status": 0}
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

void parent(size_t bytes)
{
    void *volatile block = malloc(bytes);
    free(block);
}

void child(int depth)
{
    free(malloc(99));
    if (depth > 0)
        child(depth - 1);
}

int main(void)
{
    volatile int failed = 0;

    for (volatile int i = 0; i < 100; i++) {
        int status;
        pid_t pid;

        parent(10);
        pid = vfork();
        if (pid == 0) {
            child(5);
            _exit(3);
        }
        parent(20);
        failed += waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 3;
    }
    printf("%d\n", failed);
    return 0;
}
