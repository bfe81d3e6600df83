// SPDX-License-Identifier: MIT
//
// Counted memory, random numbers, digests and the clock for the subsystems: see work.h.
#include "work.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

_Thread_local struct work_tally work_tally;

void work_tally_add(struct work_tally *sum, const struct work_tally *more)
{
    sum->allocations += more->allocations;
    sum->bytes += more->bytes;
}

void *work_counted(void *block, size_t bytes)
{
    if (!block)
        work_die("malloc", ENOMEM);
    work_tally.allocations++;
    work_tally.bytes += bytes;
    return block;
}

uint64_t work_mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

uint64_t work_random_next(struct work_random *random)
{
    random->state += 0x9e3779b97f4a7c15;
    return work_mix(random->state);
}

// The bias of a modulus is no matter here: limits are tiny.
uint64_t work_random_below(struct work_random *random, uint64_t limit)
{
    return work_random_next(random) % limit;
}

void work_fill(unsigned char *block, size_t bytes, uint64_t seed)
{
    for (size_t i = 0; i < bytes; i++)
        block[i] = (unsigned char)(seed >> (i % 8 * 8));
}

// FNV-1a.
uint64_t work_digest(const unsigned char *block, size_t bytes)
{
    uint64_t digest = 0xcbf29ce484222325;
    for (size_t i = 0; i < bytes; i++)
        digest = (digest ^ block[i]) * 0x100000001b3;
    return digest;
}

uint64_t work_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

_Noreturn void work_die(const char *what, int error)
{
    fprintf(stderr, "stress: %s: %s\n", what, strerror(error));
    exit(2);
}
