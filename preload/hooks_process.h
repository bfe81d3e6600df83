// SPDX-License-Identifier: MIT
//
// hooks_process.h - what the process hooks share with the constructor and the reporter.
#ifndef GAIAPROF_HOOKS_PROCESS_H
#define GAIAPROF_HOOKS_PROCESS_H

#include <stdbool.h>

// Remembers the environment that a followed program needs. Before it is cleaned.
void hooks_process_init(void);

// Takes our own entry out of LD_PRELOAD, so that children run without us. From our constructor
// only: the variables are still those that the kernel laid down, in writable memory.
void hooks_process_clean_environment(void);

// The process ends in an orderly way: last figures, then the report. Returns the status to end
// with: another one if it did not keep its budgets.
int hooks_process_end(int status);

// Whether a system call sets a filter of system calls (seccomp). Then it is made between these two:
// the filter may be in force before it returns. The second returns its result.
bool hooks_process_sets_filter(long number, long operation);
void hooks_process_before_filter(void);
long hooks_process_after_filter(long result);

// What quick_exit was called with.
extern int hooks_process_quick_status;

#endif
