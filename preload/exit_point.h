// SPDX-License-Identifier: MIT
//
// exit_point.h - which part of its stack and registers the host still had when it ended: a leak
// scan must not take what our own frames and libc's, or functions that had returned, left on the
// stack for pointers of the host.
#ifndef GAIAPROF_EXIT_POINT_H
#define GAIAPROF_EXIT_POINT_H

#include <stdint.h>

struct host_frame;
struct profile_scan_help;

// What hooks_exit.S saves.
struct arch_registers {
    uintptr_t sp;      // of the host, after the call
    uintptr_t kept[6]; // rbx, rbp, r12 to r15: what functions must keep
};

// The calling thread is in exit() or _exit(), called by the host itself.
void exit_point_note(const struct arch_registers *registers);

// Says in *help where the calling thread's own stack begins, which is about to end the process.
// `frame` is that of a function of ours on it.
void exit_point_describe(struct profile_scan_help *help, const struct host_frame *frame);

#endif
