// SPDX-License-Identifier: MIT
//
// clock.h - the clock that profiles count in.
#ifndef GAIAPROF_CLOCK_H
#define GAIAPROF_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif
