// SPDX-License-Identifier: MIT
//
// stack_walk.h - steps from a frame to its caller by the rules of rule_cache.h. A step reads only
// words that lie on the stack it is on: of the thread's own stack the bounds are known; of any
// other (a fiber's, a signal stack, which the host may have unmapped long ago) the kernel is asked
// page by page.
#ifndef GAIAPROF_STACK_WALK_H
#define GAIAPROF_STACK_WALK_H

#include "preload/cfi.h"
#include "preload/thread_table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stack_walk {
    uintptr_t pc, sp, fp; // the frame it is at
    bool is_exact;        // interrupted at pc, not called from before it

    uintptr_t low; // words at low .. low + span can be read
    uintptr_t span;
    bool is_foreign; // not the thread's own stack
    const struct thread_state *self;
};

enum walk_step {
    WALK_STEPPED,
    WALK_SWITCHED, // stepped by something that is no function of rule, frame and stack alone
    WALK_END,      // there is no caller
    WALK_BROKEN,   // the caller can't be found: what the tables say can't be
    WALK_ODD,      // the rule is not for us
};

static inline bool stack_walk_is_on_signal_stack(const struct thread_state *self, uintptr_t sp)
{
    return sp - self->signal_stack_low < self->signal_stack_bytes;
}

// Whether an address lies on the stack of the thread, and not on a signal stack within it.
static inline bool stack_walk_is_own(const struct thread_state *self, uintptr_t sp)
{
    return sp - self->stack_low < self->stack_high - self->stack_low &&
           !stack_walk_is_on_signal_stack(self, sp);
}

void stack_walk_init(struct stack_walk *walk, const struct thread_state *self, uintptr_t pc,
                     uintptr_t sp, uintptr_t fp);

// Whether an address is code of a module, and not made at run time.
bool stack_walk_is_code(uintptr_t pc);

// Whether a word of the stack it is on can be read. Of a foreign stack that is said of a page at a
// time, and asks the kernel anew.
bool stack_walk_can_read(struct stack_walk *walk, uintptr_t address);

// To the caller of the frame it is at. Untouched unless it stepped, but after WALK_END: pc is 0
// then and the rest is what led there.
enum walk_step stack_walk_step(struct stack_walk *walk, struct cfi_rule rule);

#endif
