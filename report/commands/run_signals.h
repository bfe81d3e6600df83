// SPDX-License-Identifier: MIT
//
// run_signals.h - signals to `gaiaprof run` while its program runs. Those of the terminal reach
// both and are the program's to decide; those that end us (of timeout, docker stop) are passed on
// to it, so that it ends, and with it its report is made. One program at a time; no threads.
#ifndef GAIAPROF_RUN_SIGNALS_H
#define GAIAPROF_RUN_SIGNALS_H

#include <sys/types.h>

// Before fork(). What is passed on waits until _started().
void run_signals_prepare(void);

// In the child: all as it was before _prepare().
void run_signals_restore(void);

// In the parent. A `pid` of -1: there is no child.
void run_signals_started(pid_t pid);

// The program ended but is not reaped yet: its number is still its own. One that was told to end is
// not a second time: the report gets written.
void run_signals_ended(void);

#endif
