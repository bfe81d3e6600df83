// SPDX-License-Identifier: MIT
//
// deadlock.h - threads that wait for each other, found by the one that closes the circle, at the
// moment it does: struct profile_deadlock_link, and a report on stderr. The host stays as it is.
#ifndef GAIAPROF_DEADLOCK_H
#define GAIAPROF_DEADLOCK_H

struct lock_state;
struct thread_state;

// The calling thread, in a hook, has said in its `waiting` what it waits for.
void deadlock_check(struct thread_state *self);

// The calling thread ends, with the lock held: whoever waits for it does so for ever.
void deadlock_orphaned(struct thread_state *self, const struct lock_state *lock);

void deadlock_reset(void); // in a child made by fork

#endif
