// SPDX-License-Identifier: MIT
//
// await.h - moments of other threads that a program waits for, however long the machine takes:
// /proc says what a thread does. No pause of a fixed length says it.
#ifndef GAIAPROF_TESTS_AWAIT_H
#define GAIAPROF_TESTS_AWAIT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define AWAIT_POLL_NS 1000000L

static inline void await_poll(void)
{
    struct timespec time = {0, AWAIT_POLL_NS};

    nanosleep(&time, NULL);
}

// 'R'unning, a'S'leep, a 'Z'ombie, ... of a thread of any process; 0 where there is none.
static inline char thread_state(int tid)
{
    char path[64], text[256] = "";
    char *state;
    int file;

    snprintf(path, sizeof(path), "/proc/%d/stat", tid);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    if (read(file, text, sizeof(text) - 1) < 0)
        text[0] = '\0';
    close(file);
    state = strrchr(text, ')');
    return state && state[1] == ' ' ? state[2] : 0;
}

static inline int is_asleep(int tid)
{
    return thread_state(tid) == 'S';
}

// Until it sleeps, and goes on sleeping.
static inline void await_sleep(int tid)
{
    for (int seen = 0; seen < 5; await_poll())
        seen = is_asleep(tid) ? seen + 1 : 0;
}

// The first thread stays a zombie when it ends before the others.
static inline void await_zombie(int tid)
{
    while (thread_state(tid) != 'Z')
        await_poll();
}

static inline void await_end(int tid)
{
    while (tgkill(getpid(), tid, 0) == 0)
        await_poll();
}

// Somebody waits for it in the kernel.
static inline int is_contended(const pthread_mutex_t *mutex)
{
    return *(volatile const int *)&mutex->__data.__lock == 2;
}

static inline void await_contended(const pthread_mutex_t *mutex)
{
    while (!is_contended(mutex))
        await_poll();
}

// The thread has been running for so long from now on, be it preempted or not.
static inline void await_cpu_time(pthread_t thread, long ns)
{
    struct timespec now;
    clockid_t clock;
    long until = 0;

    if (pthread_getcpuclockid(thread, &clock) != 0)
        abort();
    for (;; await_poll()) {
        clock_gettime(clock, &now);
        if (!until)
            until = now.tv_sec * 1000000000L + now.tv_nsec + ns;
        if (now.tv_sec * 1000000000L + now.tv_nsec >= until)
            return;
    }
}

#endif
