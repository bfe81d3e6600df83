// SPDX-License-Identifier: MIT
// A host that reaps every child and counts SIGCHLD, up to its very end, finds none of ours.
// EXPECT: process["exit"]["status"] == 0
// OPTIONS: report=text:report_file=/dev/null
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void on_child(int signal)
{
    (void)signal;
    write(1, "SIGCHLD\n", 8);
}

static void *reaper(void *unused)
{
    for (;;) {
        if (waitpid(-1, NULL, 0) > 0)
            write(1, "reaped\n", 7);
        usleep(100);
    }
    return unused;
}

int main(void)
{
    pthread_t thread;

    signal(SIGCHLD, on_child);
    pthread_create(&thread, NULL, reaper, NULL);
    printf("wait %d\n", waitpid(-1, NULL, WNOHANG));
    return 0;
}
