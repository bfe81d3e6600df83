// SPDX-License-Identifier: MIT
// A library's exit handler, older than ours, runs on for longer than threads are held: those that
// wait in a system call are not told of an interruption, and no signal on its way is lost.
// EXPECT: process["exit"] == {"kind": "exited", "status": 0}
// EXPECT: stdout == "0 interrupted, signals all there\n"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define SIGNALS 3000

extern int late_sent, late_interrupted;
extern volatile int late_handled;
static int waiting, epoll, ends[2];

static void note(long result)
{
    if (result < 0 && errno == EINTR)
        __atomic_fetch_add(&late_interrupted, 1, __ATOMIC_RELAXED);
}

static void *wait_epoll(void *unused)
{
    struct epoll_event event;

    __atomic_fetch_add(&waiting, 1, __ATOMIC_RELAXED);
    note(epoll_wait(epoll, &event, 1, -1));
    return unused;
}

static void *wait_signal(void *unused)
{
    sigset_t set;
    siginfo_t info;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    __atomic_fetch_add(&waiting, 1, __ATOMIC_RELAXED);
    note(sigwaitinfo(&set, &info));
    return unused;
}

static void *wait_socket(void *unused)
{
    struct timeval limit = {1000, 0};
    char byte;

    setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    __atomic_fetch_add(&waiting, 1, __ATOMIC_RELAXED);
    note(recv(ends[0], &byte, 1, 0));
    return unused;
}

static void handler(int signal)
{
    (void)signal;
    late_handled++;
}

static void *take_signals(void *unused)
{
    for (;;)
        pause();
    return unused;
}

int main(void)
{
    pthread_t threads[4];

    epoll = epoll_create1(0);
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    signal(SIGRTMIN, handler);
    signal(SIGUSR2, SIG_DFL);
    pthread_create(&threads[0], NULL, wait_epoll, NULL);
    pthread_create(&threads[1], NULL, wait_signal, NULL);
    pthread_create(&threads[2], NULL, wait_socket, NULL);
    pthread_create(&threads[3], NULL, take_signals, NULL);
    while (__atomic_load_n(&waiting, __ATOMIC_RELAXED) < 3)
        usleep(1000);
    usleep(20000); // into their calls
    while (late_sent < SIGNALS)
        late_sent += pthread_sigqueue(threads[3], SIGRTMIN, (union sigval){0}) == 0;
    return 0;
}
