// SPDX-License-Identifier: MIT
//
// guard.h - keeps a hook from entering itself: our own work may allocate, and a signal handler may
// interrupt a hook and allocate. Such calls pass through to the real function.
//
// The guard holds the stack pointer of the hook, not a flag: a handler may siglongjmp out of an
// interrupted hook, which then never leaves. A hook that finds a guard from further *inside* than
// itself knows that it is stale, and takes over.
#ifndef GAIAPROF_GUARD_H
#define GAIAPROF_GUARD_H

#include "preload/arch/stack.h"
#include "preload/compiler.h"
#include "preload/sampler.h"

#include <stdbool.h>
#include <stdint.h>

// Value of guard_sp while our own code calls out into libc or the unwinder: what is allocated then
// is our doing, on whatever stack.
#define GUARD_PINNED UINTPTR_MAX

extern __thread uintptr_t guard_sp __attribute__((tls_model("initial-exec")));

// The guard is held, by the hook at guard_sp. Whether `sp` may take it over.
bool guard_is_stale(uintptr_t sp);

static inline bool guard_enter(void)
{
    uintptr_t sp = arch_stack_pointer();

    if (unlikely(guard_sp != 0) && !guard_is_stale(sp))
        return false;
    guard_sp = sp;
    __asm__ volatile("" ::: "memory"); // a handler of this thread must see it in this order
    return true;
}

static inline void guard_leave(void)
{
    __asm__ volatile("" ::: "memory");
    guard_sp = 0;
}

static inline bool guard_is_held(void)
{
    return guard_sp != 0;
}

// What guard_unpin() gives back.
struct guard_pin {
    uintptr_t sp;
    uint64_t countdown;
};

// Between guard_enter() and guard_leave(). From here on each allocation is looked at: it is ours.
static inline struct guard_pin guard_pin(void)
{
    struct guard_pin before = {guard_sp, sampler_countdown};

    guard_sp = GUARD_PINNED;
    sampler_countdown = 0;
    __asm__ volatile("" ::: "memory");
    return before;
}

static inline void guard_unpin(struct guard_pin before)
{
    __asm__ volatile("" ::: "memory");
    sampler_countdown = before.countdown;
    guard_sp = before.sp;
}

#endif
