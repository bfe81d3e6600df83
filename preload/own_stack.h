// SPDX-License-Identifier: MIT
//
// own_stack.h - a stack of ours for what needs more of it than a hook may take: what is rare (new
// modules, new unwind rules, libunwind) and may happen in a handler on a signal stack of 2 KiB, or
// in a fiber with little left.
#ifndef GAIAPROF_OWN_STACK_H
#define GAIAPROF_OWN_STACK_H

// Calls function(argument): where it is called if that is the thread's own stack with room to
// spare, else on a stack of ours with all signals blocked, so that no handler of the host ever
// finds itself there; without memory for one, where it is called. The thread must be in a hook.
void own_stack_call(void (*function)(void *), void *argument);

#endif
