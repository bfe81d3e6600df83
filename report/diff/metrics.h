// SPDX-License-Identifier: MIT
//
// metrics.h - figures of which each run has one: the totals of its profile, and what Go benchmark
// lines in its output say. Those of the same name and unit are compared.
#ifndef GAIAPROF_METRICS_H
#define GAIAPROF_METRICS_H

#include "report/model/profile.h"

#include <stdbool.h>
#include <stddef.h>

enum metric_unit { METRIC_COUNT, METRIC_BYTES, METRIC_NS, METRIC_OTHER };

struct metric_values {
    double *values;
    size_t count, room;
    bool has_estimates; // of a sampled heap
};

struct metric {
    const char *name;
    const char *unit_name; // as it is said: "ns/op", "B"
    enum metric_unit unit; // METRIC_OTHER: of benchmark lines, whatever it is called
    bool is_of_profile;
    unsigned tables; // of enum view_table: the views it belongs to; 0: all
    struct metric_values sides[2];
};

struct metrics {
    struct region region;
    struct metric *list;
    size_t count, room;
    size_t latest; // lines come in the same order again and again
    bool failed;   // without memory
    bool fields;   // print tables with tabs between the cells
    bool too_many; // some were left out
    // What to print:
    unsigned tables; // of these views
    bool only_lines; // nothing of profiles
};
#define METRICS_MAX 10000

void metrics_release(struct metrics *metrics);

// The totals of one run. What it has not recorded is not among them. Suppressions have been
// applied.
void metrics_add_profile(struct metrics *metrics, const struct profile *profile, unsigned side);

// Lines "BenchmarkName-8  100  123 ns/op  45 B/op"; every other line is passed over. Returns how
// many there are.
size_t metrics_add_benchmarks(struct metrics *metrics, const char *text, size_t length,
                              unsigned side);

// Whether it is to be printed.
bool metric_is_shown(const struct metrics *metrics, const struct metric *metric);

// The value of the only run of a side; 0: it has none.
double metric_single(const struct metric *metric, unsigned side);

#endif
