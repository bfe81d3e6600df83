// SPDX-License-Identifier: MIT
// A host with SA_NOCLDWAIT, whose children the kernel reaps: wait tells as without us, and there is
// a report at the end.
// OPTIONS: report=text:report_file=/dev/null
// EXPECT: process["exit"] == {"kind": "exited", "status": 0} and health["complete"]
// EXPECT: stdout == "system -1 ECHILD, wait -1 ECHILD\n"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
    int status;

    sigaction(SIGCHLD, &action, NULL);
    if (fork() == 0)
        _exit(1);
    status = system("exit 3");
    printf("system %d %s, ", status, strerrorname_np(errno));
    status = waitpid(-1, NULL, 0);
    printf("wait %d %s\n", status, strerrorname_np(errno));
    return 0;
}
