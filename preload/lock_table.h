// SPDX-License-Identifier: MIT
//
// lock_table.h - the host's locks and the waits for them, in the profile. A lock is an address
// between its initialisation (or first use) and its destruction.
//
// A lock's counters are stored by the thread that holds the lock, so they need no atomics.
#ifndef GAIAPROF_LOCK_TABLE_H
#define GAIAPROF_LOCK_TABLE_H

#include <stdint.h>

struct host_frame;
struct thread_state;

// The calling thread, in a hook, has just acquired the lock at `address` at once.
void lock_acquired(struct thread_state *self, const void *address, const struct host_frame *caller);

// ... after waiting `wait_ns` for another thread.
void lock_waited(struct thread_state *self, const void *address, uint64_t wait_ns,
                 const struct host_frame *caller);

// The host initialised the lock at `address`: whatever lock was there is gone.
void lock_initialised(struct thread_state *self, const void *address,
                      const struct host_frame *caller);
void lock_destroyed(const void *address);

void lock_table_reset(void); // in a child made by fork

#endif
