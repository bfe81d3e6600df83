// SPDX-License-Identifier: MIT
//
// freeze.h - holds the host's other threads while the exit report is made: static destructors have
// run, so they must not go on for longer than they would without us; and what a leak scan finds
// must not move.
#ifndef GAIAPROF_FREEZE_H
#define GAIAPROF_FREEZE_H

#include "preload/profile_format.h"

// For the reporter's child, which shares our memory and is about to run the command: traces and
// stops every thread of `process` but `except`, and lists them with their registers in *help. They
// run on when the child has ended, also when it is killed. Those for which tracing is refused just
// run, and are not listed. Raw system calls only.
void freeze_threads(int process, int except, struct profile_scan_help *help);

#endif
