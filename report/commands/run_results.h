// SPDX-License-Identifier: MIT
//
// run_results.h - what `gaiaprof run` says after the program has ended: reports that the processes
// could not print themselves, one of a whole tree of them, and the verdict on budgets.
#ifndef GAIAPROF_RUN_RESULTS_H
#define GAIAPROF_RUN_RESULTS_H

#include "report/check/check.h"
#include "report/commands/run_aftermath.h"

struct run_results {
    const char *program;               // as it was given
    const char *file;                  // its name
    const char *launcher;              // a shell, make: not what was meant; NULL: it was
    const struct left_search *left;    // what it left
    bool recorded;                     // something may have been
    bool for_tree;                     // the processes print no reports: one for all
    const struct check_request *check; // NULL: no budgets
};

// 0; EXIT_VIOLATED; EXIT_TROUBLE after an error of the check, which has been printed.
int run_results_print(const struct run_results *results);

#endif
