// SPDX-License-Identifier: MIT
//
// own_stack.c - switches to a stack of ours and back, see own_stack.h.
#include "preload/own_stack.h"

#include "preload/arch/stack.h"
#include "preload/compiler.h"
#include "preload/guard.h"
#include "preload/own_regions.h"
#include "preload/stack_walk.h"
#include "preload/sys.h"
#include "preload/thread_table.h"

#define ROOM_BYTES (16u << 10)
#define OWN_STACK_BYTES (128u << 10)

static bool has_room(const struct thread_state *self)
{
    uintptr_t sp = arch_stack_pointer();

    return stack_walk_is_own(self, sp) && sp > ROOM_BYTES && sp - ROOM_BYTES > self->stack_low;
}

static cold void switch_and_call(struct thread_state *self, void (*function)(void *),
                                 void *argument)
{
    struct guard_pin hook;
    uint64_t signals;

    sys_block_signals(&signals);
    hook = guard_pin();
    arch_call_on_stack(function, argument, (char *)self->own_stack + OWN_STACK_BYTES);
    guard_unpin(hook);
    sys_restore_signals(&signals);
}

void own_stack_call(void (*function)(void *), void *argument)
{
    struct thread_state *self = thread_self;

    // already there: what was called needs one itself
    if (!self || guard_sp == GUARD_PINNED || has_room(self)) {
        function(argument);
        return;
    }
    if (!self->own_stack)
        self->own_stack = own_regions_map(OWN_STACK_BYTES);
    if (self->own_stack)
        switch_and_call(self, function, argument);
    else
        function(argument);
}
