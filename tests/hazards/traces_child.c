// SPDX-License-Identifier: MIT
// A debugger in small: it traces its child through an exec and counts stops and calls, with threads
// of its own. No stop but its child's comes, then and at the end.
// OPTIONS: report=text:report_file=/dev/null
// EXPECT: process["exit"] == {"kind": "exited", "status": 0} and len(reports) == 1
// EXPECT: stdout == "execed, calls seen, exited 4, no more\n"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static void *wait_for_ever(void *unused)
{
    for (;;)
        pause();
    return unused;
}

static void traced(void)
{
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    execl("/bin/sh", "sh", "-c", "exit 4", (char *)NULL);
    _exit(127);
}

int main(void)
{
    pthread_t thread;
    int status = 0, calls = 0, execs = 0;
    pid_t pid = fork();

    if (pid == 0)
        traced();
    pthread_create(&thread, NULL, wait_for_ever, NULL);
    waitpid(-1, &status, __WALL);
    ptrace(PTRACE_SETOPTIONS, pid, NULL,
           (void *)(long)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL));
    ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
    while (waitpid(-1, &status, __WALL) == pid && WIFSTOPPED(status)) {
        calls += WSTOPSIG(status) == (SIGTRAP | 0x80);
        execs += status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8);
        free(malloc(10));
        ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
    }
    printf("%s, calls %s, ", execs == 1 ? "execed" : "?", calls > 10 ? "seen" : "missing");
    printf("exited %d, ", WEXITSTATUS(status));
    printf("%s\n", waitpid(-1, &status, __WALL) < 0 && errno == ECHILD ? "no more" : "more");
    return 0;
}
