// SPDX-License-Identifier: MIT
//
// Prints what the runs measured, as a table for people or as Go benchmark text for benchstat.
// Rows come out as the subsystems finish.
#ifndef WORKLOAD_RESULTS_H
#define WORKLOAD_RESULTS_H

#include "workload/runner.h"

// A way to print. start and finish may be NULL.
struct results_format {
    const char *name;
    void (*start)(const struct work_plan *plan);
    void (*row)(const char *name, const struct work_plan *plan, const struct run_result *result);
    void (*finish)(const struct work_plan *plan, const struct run_result *total);
};

extern const struct results_format results_table;
extern const struct results_format results_bench;
extern const struct results_format results_none;

#endif
