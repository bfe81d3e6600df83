// SPDX-License-Identifier: MIT
// With follow=exec the program that is started is profiled too, even with an empty environment.
// OPTIONS: follow=exec
// EXPECT: len(reports) == 4
// EXPECT: sorted(r["process"]["exit"]["kind"] for r in reports) == ["execed", "exited", "exited", "exited"]
// EXPECT: sum(r["process"]["exe"].endswith("exec_followed") for r in reports) == 1
#include <spawn.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    char *nothing[] = {NULL};
    char *arguments[] = {"true", NULL};
    pid_t pid;

    if (vfork() == 0) {
        execve("/bin/true", arguments, nothing);
        _exit(1);
    }
    wait(NULL);
    posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, nothing);
    wait(NULL);
    execle("/bin/true", "true", (char *)NULL, nothing);
    return 1;
}
