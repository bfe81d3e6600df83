// SPDX-License-Identifier: MIT
//
// stack_capture.h - the one way to a stack: who called this hook? Today by libunwind.
#ifndef GAIAPROF_STACK_CAPTURE_H
#define GAIAPROF_STACK_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

struct thread_state;

// Loads the unwinder. From our constructor only: it calls the loader. Without it stacks have one
// frame and a marker.
void stack_capture_init(void);

// The interned stack (stack_table.h) whose leaf is `caller`, the return address of the hook this
// is called in. 0 if there is no room for it. The thread must be in a hook. Keeps errno.
uint32_t stack_capture(struct thread_state *self, uintptr_t caller);

// Whether a code address belongs to the unwinder or the loader: allocations of theirs are ours.
int stack_capture_is_internal(uintptr_t pc);

#endif
