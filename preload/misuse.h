// SPDX-License-Identifier: MIT
//
// misuse.h - what the host does with locks that POSIX leaves undefined, in the profile: once for
// each kind, lock and stack, with a count. The call itself goes on as ever. The thread is in a
// hook.
#ifndef GAIAPROF_MISUSE_H
#define GAIAPROF_MISUSE_H

#include "preload/profile_format.h"

#include <stdint.h>

struct host_frame;
struct lock_state;
struct thread_state;

// `owner`: serial of the thread that holds the lock, 0: none or unknown. See struct
// profile_lock_misuse for the stacks.
void misuse_report(struct thread_state *self, enum profile_misuse_kind kind,
                   const struct lock_state *lock, uint32_t stack, uint32_t other_stack,
                   uint32_t owner);

// At `caller`, with what is known of the lock's owner.
void misuse_of_lock(struct thread_state *self, enum profile_misuse_kind kind,
                    const struct lock_state *lock, const struct host_frame *caller);

void misuse_reset(void); // in a child made by fork

#endif
