// SPDX-License-Identifier: MIT
// A library's exit handler, older than ours, runs on long after the report: no SIGCHLD of our
// children comes, none of them is there to be reaped, and threads it waits for are not held.
// OPTIONS: report=text:report_file=/dev/null
// EXPECT: process["exit"] == {"kind": "exited", "status": 0}
// EXPECT: stdout.split() == ["0", "signals,", "wait", "-1,", "thread", "done"]
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

extern int late_signals;
extern pthread_t late_thread;

static void count(int signal)
{
    (void)signal;
    late_signals++;
}

static void *work(void *unused)
{
    usleep(50000);
    return unused;
}

int main(void)
{
    signal(SIGCHLD, count);
    return pthread_create(&late_thread, NULL, work, NULL);
}
