// SPDX-License-Identifier: MIT
//
// preload_fake_capture.c - takes the place of preload/stack_capture.c in tests that want to say
// which stack an event comes from: the address of the frame is the id of the stack (PRELOAD_FRAME).
#include "preload/stack_capture.h"

void stack_capture_init(void) {}

void stack_capture_begin_thread(struct stack_capture_state *state)
{
    (void)state;
}

uint32_t stack_capture(struct thread_state *self, const struct host_frame *caller)
{
    (void)self;
    return (uint32_t)(uintptr_t)caller;
}

bool stack_capture_is_internal(uintptr_t pc)
{
    (void)pc;
    return 0;
}
