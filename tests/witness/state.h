// SPDX-License-Identifier: MIT
//
// state.h - what of a process another library in it could have changed, one line of text each.
// Nothing in it depends on where something is mapped, on process ids or on the time.
#ifndef WITNESS_STATE_H
#define WITNESS_STATE_H

#include <signal.h>

// `mask` is what the caller had blocked before it blocked all to come here.
void put_state(int error, const sigset_t *mask);

#endif
