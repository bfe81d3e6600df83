// SPDX-License-Identifier: MIT
//
// shape.h - what the programs of this folder share. They print lines "NAME TIME VALUE" (the time of
// CLOCK_MONOTONIC in ns) that timeline.py holds against the moments that were recorded. How long
// they take does not matter: what they say is true between two such times.
#ifndef TESTS_TIMELINE_SHAPE_H
#define TESTS_TIMELINE_SHAPE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t clock_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// Without stdio, which allocates.
static inline void say(const char *name, uint64_t value)
{
    dprintf(1, "%s %llu %llu\n", name, (unsigned long long)clock_now_ns(),
            (unsigned long long)value);
}

static inline uint64_t cpu_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// Allocates and frees a little for a while: nothing changes, and moments are taken. The time is
// that of the processor: on a busy machine it takes as much longer.
static inline void churn_ms(unsigned duration_ms)
{
    uint64_t until_ns = cpu_now_ns() + duration_ms * UINT64_C(1000000);

    while (cpu_now_ns() < until_ns)
        for (int i = 0; i < 64; i++) {
            char *volatile block = malloc(16);

            free(block);
        }
}

#endif
