// SPDX-License-Identifier: MIT
//
// preload_fake_capture.c - takes the place of preload/stack_capture.c in tests that want to say
// which stack an event comes from: the address of the frame is the id of the stack (PRELOAD_FRAME),
// or its pc is, of a frame in memory.
#include "preload/arch/stack.h"
#include "preload/stack_capture.h"
#include "tests/unit/preload_support.h"

#define FIRST_ADDRESS ((uintptr_t)1 << 24) // no frame in memory lies below

void stack_capture_init(void) {}

void stack_capture_begin_thread(struct stack_capture_state *state)
{
    (void)state;
}

uint32_t stack_capture(struct thread_state *self, const struct host_frame *caller)
{
    (void)self;
    return (uint32_t)((uintptr_t)caller < FIRST_ADDRESS ? (uintptr_t)caller : caller->pc);
}

uint32_t stack_capture_fresh(struct thread_state *self, const struct host_frame *caller)
{
    return stack_capture(self, caller);
}

uint32_t stack_capture_earlier(const struct thread_state *thread, uintptr_t pc, uintptr_t sp)
{
    (void)thread;
    (void)sp;
    return PRELOAD_EARLIER(pc);
}

bool stack_capture_is_internal(uintptr_t pc)
{
    (void)pc;
    return 0;
}
