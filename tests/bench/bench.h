// SPDX-License-Identifier: MIT
//
// bench.h - what the workloads of the benchmark share: a clock, random numbers, the command line,
// and their own memory as the kernel counts it. A workload prints lines "NAME VALUE" and nothing
// else; scripts/bench reads them. Nothing here allocates in a timed loop.
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static inline uint64_t read_clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t now_ns(void)
{
    return read_clock_ns(CLOCK_MONOTONIC);
}

// Of the calling thread alone: it stands still while others have the processor.
static inline uint64_t cpu_now_ns(void)
{
    return read_clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

// Marsaglia's xorshift64: a few instructions, so that the loop measures the allocator.
static inline uint64_t random_next(uint64_t *state)
{
    uint64_t x = *state;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *state = x;
}

// The whole number in argument `index`, or `otherwise` if it is not there.
static inline long argument(int argc, char **argv, int index, long otherwise)
{
    return index < argc ? strtol(argv[index], NULL, 10) : otherwise;
}

// The most memory this process had resident, in bytes; 0 if /proc does not say. Reads without
// stdio: the workload's allocations are those it was written for.
static inline long peak_rss_bytes(void)
{
    char text[4096] = "";
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t count = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    const char *line = count > 0 ? strstr(text, "VmHWM:") : NULL;

    if (fd >= 0)
        close(fd);
    return line ? strtol(line + strlen("VmHWM:"), NULL, 10) * 1024 : 0;
}

#endif
