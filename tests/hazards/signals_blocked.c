// SPDX-License-Identifier: MIT
// A server that has all signals blocked in all threads and takes them by sigwait and signalfd: it
// gets those that were sent, its own child's among them, and none is pending at its end.
// OPTIONS: report=text:report_file=/dev/null
// EXPECT: stdout == "USR1, CHLD by descriptor, HUP\nnothing pending\n"
// EXPECT: site("work")["allocations"] == 2000 and threads["finished"] == 2
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static void *work(void *unused)
{
    for (int i = 0; i < 1000; i++)
        free(malloc(10));
    return unused;
}

static int wait_for_one(const sigset_t *set)
{
    int signal = 0;

    sigwait(set, &signal);
    return signal;
}

static int read_one(int fd)
{
    struct signalfd_siginfo info;

    return read(fd, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}

static void print_pending(void)
{
    sigset_t pending;

    sigpending(&pending);
    printf("%s pending\n", sigisemptyset(&pending) ? "nothing" : "something");
}

int main(void)
{
    pthread_t threads[2];
    sigset_t all, child;
    int fd;

    atexit(print_pending);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    fd = signalfd(-1, &child, SFD_CLOEXEC);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    kill(getpid(), SIGUSR1);
    printf("%s, ", wait_for_one(&all) == SIGUSR1 ? "USR1" : "?");
    fflush(stdout);
    if (fork() == 0)
        _exit(0);
    printf("%s by descriptor, ", read_one(fd) == SIGCHLD ? "CHLD" : "?");
    wait(NULL);
    pthread_kill(pthread_self(), SIGHUP);
    printf("%s\n", wait_for_one(&all) == SIGHUP ? "HUP" : "?");
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
