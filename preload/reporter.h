// SPDX-License-Identifier: MIT
//
// reporter.h - prints the report when the process ends, by a child that the host can't notice:
// no SIGCHLD, not reaped by the host's wait(), no descriptor of the host, signals as by default.
#ifndef GAIAPROF_REPORTER_H
#define GAIAPROF_REPORTER_H

#include <stdbool.h>

// Notes, while the process is young, where the command is and which file stderr is.
void reporter_init(void);

// The process begins to end: keeps stderr for the report, should the host close it meanwhile.
void reporter_keep_stderr(void);

// A descriptor of the stderr that the host had. -1: none is left.
int reporter_stderr(void);

// In a child made by fork, which has that copy, too: it is not the child's to keep open.
void reporter_drop_stderr(void);

// The process ends now, its static destructors have run: holds its other threads, if a report is
// wanted, a leak scan or a verdict. They stay held until the process is gone, a tenth of a second
// after the report at most.
// `is_possible` is false where nothing can be started.
void reporter_begin(bool is_possible);

// After reporter_begin() and the last figures: starts `gaiaprof report` on this process's profile
// and waits for it. Says where the profile is when it can't. False if the run did not keep its
// budgets.
bool reporter_run(void);

// Prints deadlock `number` of the profile on stderr, unless there were many, and waits until that
// is done, for a while. Any thread, in a hook.
void reporter_show_deadlock(unsigned number);

// In a child made by fork: none of the parent's is under way.
void reporter_reset(void);

#endif
