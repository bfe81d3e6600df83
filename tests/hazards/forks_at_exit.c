// SPDX-License-Identifier: MIT
// An exit handler starts a daemon by fork: it has the descriptors of the program and no other one,
// so nobody waits in vain for the end of the program's standard error.
// WITNESS: of children
// EXPECT: process["exit"] == {"kind": "exited", "status": 0} and len(reports) == 1
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void start_daemon(void)
{
    if (fork() == 0) {
        for (int fd = 0; fd < 3; fd++)
            close(fd);
        _exit(0);
    }
    wait(NULL);
}

int main(void)
{
    atexit(start_daemon);
    return 0;
}
