// SPDX-License-Identifier: MIT
//
// leak_registers.h - the registers of a stopped thread. What differs between machines is here.
#ifndef GAIAPROF_LEAK_REGISTERS_H
#define GAIAPROF_LEAK_REGISTERS_H

#include "preload/profile_format.h"
#include "report/leaks/leak_stop.h"

#include <stdint.h>
#include <sys/types.h>

// Adds all of them, vector registers included, and says where its stack ends. 0 or -errno.
int leak_registers_read(pid_t tid, struct leak_words *registers, uint64_t *ret_sp);

// The same of a thread that is held while its process ends. 0 or -ENOMEM.
int leak_registers_add_held(const struct profile_held_thread *held, struct leak_words *registers);

// The stack pointer among registers as the kernel lays them out.
uint64_t leak_registers_sp(const uint64_t *registers);

// A system call that our stop made fail with EINTR, where no signal would: it starts again.
void leak_registers_restart_call(pid_t tid);

#endif
