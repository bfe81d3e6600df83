// SPDX-License-Identifier: MIT
//
// The contract between the runner and a subsystem: one kind of work, made the way it is often
// written first (a buffer per request, one lock for everything), so that a profile finds something.
// The result of an operation depends on its random sequence alone, never on other threads or on
// time: the sum of the results then proves that two runs did the same work.
#ifndef WORKLOAD_SUBSYSTEM_H
#define WORKLOAD_SUBSYSTEM_H

#include "workload/work.h"

#include <stdint.h>

struct work_plan {
    unsigned threads;
    uint64_t operations; // of each thread; UINT64_MAX: until the time is up
    uint64_t seed;
};

struct subsystem {
    const char *name;    // lower case, one word
    const char *summary; // for stress --list
    uint64_t operations; // of each thread, by default

    // Called by the main thread before the first and after the last operation; may be NULL. What
    // end returns is added to the checksum: it too must be the same for the same plan.
    void (*begin)(const struct work_plan *plan);
    uint64_t (*end)(void);

    // Called by plan->threads threads at once.
    uint64_t (*operate)(struct work_random *random);
};

extern const struct subsystem requests_subsystem;
extern const struct subsystem metrics_subsystem;
extern const struct subsystem counters_subsystem;
extern const struct subsystem context_subsystem;
extern const struct subsystem queue_subsystem;
extern const struct subsystem cache_subsystem;
extern const struct subsystem workers_subsystem;

#endif
