// SPDX-License-Identifier: MIT
//
// lock_nesting.h - in which order locks are acquired while others are held (struct
// profile_lock_nesting). The reader finds circles in it; here each sequence is only entered once.
// Used by the thread itself, in a hook.
#ifndef GAIAPROF_LOCK_NESTING_H
#define GAIAPROF_LOCK_NESTING_H

#include <stdint.h>

struct host_frame;
struct lock_state;
struct thread_state;

#define NESTING_STALE UINT32_MAX         // what was held before has changed
#define NESTING_UNKNOWN (UINT32_MAX - 1) // no room for it
#define NESTING_HELD (UINT32_MAX - 2)    // the lock is held already

// The id of the nesting by which the thread, which holds something, has acquired `lock`;
// NESTING_UNKNOWN, NESTING_HELD. Takes off its list what it turns out not to hold any more.
uint32_t lock_nest(struct thread_state *self, const struct lock_state *lock, unsigned mode,
                   const struct host_frame *caller);

void lock_nesting_reset(void); // in a child made by fork

#endif
