// SPDX-License-Identifier: MIT
//
// preload_fake_capture.c - takes the place of preload/stack_capture.c in tests that want to say
// which stack an event comes from: the caller's address is the id of the stack.
#include "preload/stack_capture.h"

void stack_capture_init(void) {}

uint32_t stack_capture(struct thread_state *self, uintptr_t caller)
{
    (void)self;
    return (uint32_t)caller;
}

int stack_capture_is_internal(uintptr_t pc)
{
    (void)pc;
    return 0;
}
