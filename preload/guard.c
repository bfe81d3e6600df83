// SPDX-License-Identifier: MIT
//
// guard.c - decides whether a held guard is stale, see guard.h. Rare: only inside a hook, or after
// a jump out of one.
#include "preload/guard.h"

#include "preload/sys.h"
#include "preload/thread_table.h"

// Whatever a hook's code or a handler that interrupted it calls is at least this far below the
// hook (a signal frame alone has more than 500 bytes), and at most that far on the same stack.
#define INSIDE_BYTES_MIN 192u
#define INSIDE_BYTES_MAX (64u << 20)

__thread uintptr_t guard_sp __attribute__((tls_model("initial-exec")));

// One of the two lies on the thread's own stack, the other does not.
static bool are_on_two_stacks(uintptr_t a, uintptr_t b)
{
    const struct thread_state *self = thread_self;

    return self && (a - self->stack_low < self->stack_high - self->stack_low) !=
                       (b - self->stack_low < self->stack_high - self->stack_low);
}

cold bool guard_is_stale(uintptr_t sp)
{
    uintptr_t inside_bytes = guard_sp - sp;

    if (guard_sp == GUARD_PINNED)
        return false;
    if (sp < guard_sp && inside_bytes >= INSIDE_BYTES_MIN && inside_bytes < INSIDE_BYTES_MAX &&
        !are_on_two_stacks(sp, guard_sp))
        return false;
    // Outside the hook, or on another stack. While the hook is under way only a handler on the
    // signal stack can be that: a hook never switches stacks in the middle.
    // The kernel does not say so of one that it disarms on entry (SS_AUTODISARM).
    if (thread_self && sp - thread_self->signal_stack_low < thread_self->signal_stack_bytes)
        return false;
    return !sys_is_on_signal_stack();
}
