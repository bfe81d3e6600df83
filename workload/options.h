// SPDX-License-Identifier: MIT
//
// The command line of stress: one table in options.c makes the parser and the help text.
// Everything is checked here; who reads a struct options need not.
#ifndef WORKLOAD_OPTIONS_H
#define WORKLOAD_OPTIONS_H

#include "workload/results.h"

#include <stdbool.h>
#include <stdint.h>

struct options {
    unsigned threads;
    uint64_t operations;  // of each thread; 0: the subsystem's own number
    uint64_t duration_ns; // 0: no limit
    uint64_t seed;
    const char *subsystems; // comma-separated names, NULL: all
    const struct results_format *format;
    const char *scenario; // NULL: run subsystems
    bool expect;
    bool list;
    bool help;
    bool version;
};

// 0, or -EINVAL with *ret_what and *ret_why filled: what is wrong, and why. Both live as long as
// argv.
int options_parse(struct options *ret_options, int argc, char **argv, const char **ret_what,
                  const char **ret_why);

void options_print_help(void);

#endif
