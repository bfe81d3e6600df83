// SPDX-License-Identifier: MIT
// A program is the first process of a namespace of processes whose /proc is still the one outside:
// by our numbers it tells of other processes, which must not be stopped or looked into. The leaks
// are not told then, and it says why.
// OPTIONS: follow=exec:leaks=on
// EXPECT: stdout == "pid 1 with threads\nended 0\n" and len(reports) == 2
// EXPECT: reports[1]["leaks"] == {"classified": False, "why": "/proc is another namespace's"}
// EXPECT: reports[1]["threads"]["running_at_exit"] == 3
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void *wait_for_ever(void *unused)
{
    for (;;)
        pause();
    return unused;
}

static int program(void)
{
    pthread_t thread;

    for (int i = 0; i < 3; i++)
        pthread_create(&thread, NULL, wait_for_ever, NULL);
    malloc(100);
    printf("pid %d with threads\n", (int)getpid());
    return 0;
}

int main(int argc, char **argv)
{
    int status = -1;

    if (argc > 1)
        return program();
    if (unshare(CLONE_NEWPID) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0)
        return 1;
    if (fork() == 0) {
        execl("/proc/self/exe", argv[0], "again", (char *)NULL);
        _exit(127);
    }
    wait(&status);
    printf("ended %d\n", status);
    return 0;
}
