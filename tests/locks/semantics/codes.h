// SPDX-License-Identifier: MIT
//
// codes.h - what the programs of this folder share: names of return codes, deadlines, and another
// thread that does what it is told, one operation at a time. Everything printed with these is the
// same in every run: no times, thread ids or addresses.
#ifndef GAIAPROF_TESTS_CODES_H
#define GAIAPROF_TESTS_CODES_H

#include "../../await.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// Long enough that the other thread sleeps, short enough for hundreds of them.
#define SHORT_MS 2
// Never reached by a program that works.
#define LONG_MS 20000

static inline const char *code(int result)
{
    const char *name = strerrorname_np(result);

    return name ? name : "?";
}

// The code of a call that fails with -1 and errno.
static inline const char *code_errno(int result)
{
    return result == 0 ? "0" : result == -1 ? code(errno) : "?";
}

static inline struct timespec from_now(clockid_t clock, long ms)
{
    struct timespec time;

    clock_gettime(clock, &time);
    time.tv_sec += ms / 1000;
    time.tv_nsec += ms % 1000 * 1000000;
    if (time.tv_nsec >= 1000000000) {
        time.tv_sec++;
        time.tv_nsec -= 1000000000;
    }
    return time;
}

static inline void sleep_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};

    nanosleep(&time, NULL);
}

// A thread that carries out operations for another. It may sleep in one only after other_begin().
struct other {
    pthread_t thread;
    sem_t asked, answered;
    int (*operation)(void *);
    void *argument;
    int result;
    pid_t tid;
};

static inline void *other_work(void *argument)
{
    struct other *other = (struct other *)argument;

    other->tid = gettid();
    for (;;) {
        while (sem_wait(&other->asked) != 0)
            ;
        if (!other->operation)
            return NULL;
        other->result = other->operation(other->argument);
        sem_post(&other->answered);
    }
}

static inline void other_begin(struct other *other, int (*operation)(void *), void *argument)
{
    other->operation = operation;
    other->argument = argument;
    sem_post(&other->asked);
}

static inline int other_result(struct other *other)
{
    while (sem_wait(&other->answered) != 0)
        ;
    return other->result;
}

static inline int other_do(struct other *other, int (*operation)(void *), void *argument)
{
    other_begin(other, operation, argument);
    return other_result(other);
}

// Begins an operation that must sleep, and returns when it does.
static inline void other_begin_asleep(struct other *other, int (*operation)(void *), void *argument)
{
    other_begin(other, operation, argument);
    do
        await_sleep(other->tid);
    while (sem_trywait(&other->asked) == 0 && sem_post(&other->asked) == 0);
}

static inline int other_nothing(void *argument)
{
    (void)argument;
    return 0;
}

static inline void other_start(struct other *other)
{
    sem_init(&other->asked, 0, 0);
    sem_init(&other->answered, 0, 0);
    if (pthread_create(&other->thread, NULL, other_work, other) != 0)
        abort();
    other_do(other, other_nothing, NULL);
}

static inline void other_end(struct other *other)
{
    other_begin(other, NULL, NULL);
    pthread_join(other->thread, NULL);
    sem_destroy(&other->asked);
    sem_destroy(&other->answered);
}

#endif
