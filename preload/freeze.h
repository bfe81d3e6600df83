// SPDX-License-Identifier: MIT
//
// freeze.h - holds the host's other threads while the exit report is made: static destructors have
// run, so they must not go on for longer than they would without us.
#ifndef GAIAPROF_FREEZE_H
#define GAIAPROF_FREEZE_H

// For the reporter's child, which shares our memory and is about to run the command: traces and
// stops every thread of `process` but `except`. They run on when the child has ended, also when
// it is killed. Where tracing is refused they just run. Raw system calls only.
void freeze_threads(int process, int except);

#endif
