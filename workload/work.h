// SPDX-License-Identifier: MIT
//
// What every subsystem works with: memory that is counted, a seeded random sequence, a digest as
// the "work", a clock. All of it may be called by any thread; the tally is each thread's own.
// Nothing here fails: a program made to be profiled has no use for half a run, so trouble ends it.
#ifndef WORKLOAD_WORK_H
#define WORKLOAD_WORK_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

// What this thread has allocated with work_malloc and its kin. A realloc counts as an allocation
// of the new size, as in the profiler's report.
struct work_tally {
    uint64_t allocations;
    uint64_t bytes;
};

extern _Thread_local struct work_tally work_tally;

void work_tally_add(struct work_tally *sum, const struct work_tally *more);

// Counts one allocation of this thread and returns the block; ends the program if it is NULL.
void *work_counted(void *block, size_t bytes);

// Macros, so that a profile names the line that wants the memory and not a wrapper. Free with free.
#define work_malloc(bytes)                                                                         \
    ({                                                                                             \
        size_t work_bytes_ = (bytes);                                                              \
        work_counted(malloc(work_bytes_), work_bytes_);                                            \
    })
#define work_realloc(block, bytes)                                                                 \
    ({                                                                                             \
        size_t work_bytes_ = (bytes);                                                              \
        work_counted(realloc((block), work_bytes_), work_bytes_);                                  \
    })

// The same seed gives the same sequence on every machine (SplitMix64 by Steele, Lea and Flood).
struct work_random {
    uint64_t state;
};

uint64_t work_random_next(struct work_random *random);

// 0 <= result < limit; limit > 0.
uint64_t work_random_below(struct work_random *random, uint64_t limit);

// Spreads the bits of a value; 0 stays 0.
uint64_t work_mix(uint64_t value);

void work_fill(unsigned char *block, size_t bytes, uint64_t seed);
uint64_t work_digest(const unsigned char *block, size_t bytes);

// CLOCK_MONOTONIC.
uint64_t work_now_ns(void);

// Prints "stress: WHAT: WHY", WHY being the message of an errno value, and exits with status 2.
_Noreturn void work_die(const char *what, int error);

#endif
