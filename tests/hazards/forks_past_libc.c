// SPDX-License-Identifier: MIT
// Children that libc's fork handlers are not run for: _Fork, and the kernel's fork, clone and
// clone3. Each allocates, locks, makes a profile's worth of stacks, and ends by exit: nothing of it
// is in its parent's profile, and none of them reports.
// EXPECT: len(reports) == 1 and site("in_child") == {} and site("in_parent")["allocations"] == 5
// EXPECT: process["exit"] == {"kind": "exited", "status": 0}
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static pid_t by__fork(void)
{
    return _Fork();
}

static pid_t by_kernel_fork(void)
{
    return (pid_t)syscall(SYS_fork);
}

static pid_t by_kernel_clone(void)
{
    return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static pid_t by_clone3(void)
{
    struct clone_args arguments = {.exit_signal = SIGCHLD};

    return (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
}

static void in_child(int depth)
{
    free(malloc(10));
    if (depth > 0)
        in_child(depth - 1);
}

static void in_parent(void)
{
    free(malloc(20));
}

static void child(void)
{
    in_child(100);
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    exit(7);
}

static void try_one(const char *name, pid_t (*make)(void))
{
    int status = 0;
    pid_t pid;

    fflush(stdout);
    pid = make();
    if (pid == 0)
        child();
    in_parent();
    printf("%s %d", name, waitpid(pid, &status, 0) == pid);
    printf(" %d\n", WEXITSTATUS(status));
}

int main(void)
{
    in_parent();
    try_one("_Fork", by__fork);
    try_one("fork", by_kernel_fork);
    try_one("clone", by_kernel_clone);
    try_one("clone3", by_clone3);
    return 0;
}
