// SPDX-License-Identifier: MIT
//
// diff_command.h - one run of `gaiaprof diff`, shared by cmd_diff.c, which adds profiles up, and
// diff_print.c. Internal to them.
#ifndef GAIAPROF_DIFF_COMMAND_H
#define GAIAPROF_DIFF_COMMAND_H

#include "report/commands/report_request.h"
#include "report/diff/combine.h"
#include "report/diff/diff_text.h"

struct diff {
    struct report_request *request;
    struct suppressions suppressions;
    struct combination *combination;
    struct metrics metrics;
    struct diff_request words;
    const char *programs[2]; // of the first profile of each side
    size_t operands[2];      // of each side
    bool is_same_build;
    uint64_t sample_bytes[2];     // of each side's heap; 0: not sampled
    double bytes, nameless_bytes; // allocated on both sides; by code without names
    struct profile profiles[2];   // the sums
};

// To `out`, or to files of its own that the format has (NULL). Returns an exit status; errors have
// been printed.
int diff_print(struct diff *diff, FILE *out);

#endif
