// SPDX-License-Identifier: MIT
//
// steps.h - what the programs of this folder are made of: threads, moments that they wait for
// without any lock, and their own clock.
#ifndef GAIAPROF_TESTS_LOCKS_STEPS_H
#define GAIAPROF_TESTS_LOCKS_STEPS_H

#include "../await.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define POLL_NS 200000 // how often a moment is looked at

typedef void *(*thread_body)(void *);

static inline long now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000L + now.tv_nsec;
}

static inline void sleep_ns(long ns)
{
    struct timespec time = {ns / 1000000000, ns % 1000000000};

    nanosleep(&time, NULL);
}

static inline void sleep_ms(long ms)
{
    sleep_ns(ms * 1000000);
}

// For the calls that give up: `ms` from now, by the clock they take.
static inline struct timespec in_ms(clockid_t clock, long ms)
{
    struct timespec time;

    clock_gettime(clock, &time);
    time.tv_nsec += ms * 1000000;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

// A moment comes once, in any thread.
static inline void come(atomic_int *moment)
{
    *moment = 1;
}

static inline void await(atomic_int *moment)
{
    while (!*moment)
        sleep_ns(POLL_NS);
}

// The thread is about to wait: from here on it sleeps nowhere but there.
static inline void arrive(atomic_int *tid)
{
    *tid = gettid();
}

// Until the thread that arrives sleeps, and goes on sleeping.
static inline void await_asleep(atomic_int *tid)
{
    await(tid);
    await_sleep(*tid);
}

static inline pthread_t start(thread_body body, void *argument)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, body, argument) != 0)
        abort();
    return thread;
}

static inline void finish(pthread_t thread)
{
    pthread_join(thread, NULL);
}

// One thread after another.
static inline void run_alone(thread_body body, void *argument)
{
    finish(start(body, argument));
}

#endif
