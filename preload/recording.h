// SPDX-License-Identifier: MIT
//
// recording.h - whether we record, and the way into every hook.
//
//   idle ──first hook, libc ready──▶ starting ──▶ on (gate open)
//                                        └──────▶ off (refused, no profile): hooks pass through
//
// The *gate* is a word that the kernel wipes in every child made by any kind of fork: a child
// passes through at once, without a look at state it shares with nobody. With `follow` it starts
// a recording of its own.
#ifndef GAIAPROF_RECORDING_H
#define GAIAPROF_RECORDING_H

#include "preload/compiler.h"
#include "preload/guard.h"
#include "preload/profile_format.h"
#include "preload/profile_writer.h"
#include "preload/stack_capture.h"
#include "preload/thread_table.h"

#include <stdbool.h>
#include <stdint.h>

#define GATE_BYTES 4096
extern union recording_gate {
    struct {
        volatile uint32_t is_open;
        volatile uint32_t has_exact_heap; // and is open
        volatile uint32_t has_locks;      // and is open
    };
    char page[GATE_BYTES]; // the kernel wipes whole pages
} recording_gate;

// The gate is shut: start if this is the moment. True if the gate is open now.
bool recording_start(void);

// From our constructor: what may call the loader or register handlers.
void recording_prepare(void);

// In a child made by fork, if forks are followed: a recording of its own.
void recording_follow_fork(void);

// The process is about to end. True for the first thread that says so, which then writes the last
// figures; others wait for ever, or until an exec has failed. False for the same thread once more,
// and in a child that shares our memory.
bool recording_begin_end(void);
void recording_finish(enum profile_exit_kind kind, int status);
// exec failed: we go on.
void recording_resume(void);

// Whether this is the process whose profile we write, not a child that shares its memory.
bool recording_is_ours(void);

// The guard is held: whether a call from `caller` is made on our account.
static inline bool recording_is_own_doing(const struct host_frame *caller)
{
    return guard_sp == GUARD_PINNED || stack_capture_is_internal(caller->pc);
}

// Enters a hook. NULL: pass through. Else the thread's state; recording_leave() must follow. Does
// not start the recording: the hook may stand inside the host's allocator.
//   The gate is asked once the guard is held: where a handler forks that interrupts a hook, the
// child goes on with that hook, and the guard tells so (profile_writer_detach).
static inline struct thread_state *recording_enter(const struct host_frame *caller)
{
    if (unlikely(!guard_enter())) {
        if (recording_gate.is_open && !recording_is_own_doing(caller))
            profile_drop(PROFILE_DROP_NESTED);
        return NULL;
    }
    if (likely(recording_gate.is_open) && (likely(thread_self) || thread_adopt()))
        return thread_self;
    guard_leave();
    return NULL;
}

// The same for the allocation functions, whose first call starts the recording.
static inline struct thread_state *recording_enter_heap(const struct host_frame *caller)
{
    if (unlikely(!recording_gate.is_open) && !recording_start())
        return NULL;
    return recording_enter(caller);
}

// What of that is left in the case that is by far the most frequent. NULL says nothing.
//   All is asked once the guard is held: the thread's state is the parent's for a child that is
//   forked
// in between, and that has a recording of its own by now.
static inline struct thread_state *recording_enter_exact_heap(void)
{
    struct thread_state *self;

    if (unlikely(guard_sp))
        return NULL;
    guard_sp = arch_stack_pointer();
    __asm__ volatile("" ::: "memory");
    self = thread_self;
    if (likely(recording_gate.has_exact_heap) && likely(self))
        return self;
    guard_leave();
    return NULL;
}

static inline void recording_leave(void)
{
    guard_leave();
}

#endif
