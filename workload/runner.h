// SPDX-License-Identifier: MIT
//
// Runs one subsystem with a number of threads and measures it. The calling thread waits; when
// run_subsystem returns, all threads are joined and all memory of the subsystem is freed.
#ifndef WORKLOAD_RUNNER_H
#define WORKLOAD_RUNNER_H

#include "workload/histogram.h"
#include "workload/subsystem.h"

#include <stdbool.h>

struct run_result {
    uint64_t operations;
    uint64_t elapsed_ns; // from the first thread's start to the last one's end
    uint64_t checksum;   // of a (seed, threads, operations) always the same
    bool ended_by_time;  // fewer operations than planned: the checksum proves nothing
    struct work_tally tally;
    struct histogram latency;
};

// Stops after plan->operations of each thread, or after limit_ns, whichever comes first
// (UINT64_MAX: no limit). Overwrites *ret_result.
void run_subsystem(const struct subsystem *subsystem, const struct work_plan *plan,
                   uint64_t limit_ns, struct run_result *ret_result);

// Adds one subsystem's result to the total; the order of the subsystems enters the checksum.
void run_result_add(struct run_result *total, const struct run_result *more);

#endif
