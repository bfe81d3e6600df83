// SPDX-License-Identifier: MIT
//
// stack_capture.h - the one way to a stack: who called this hook? By our own unwinder, which reads
// the call frame information of the host's modules (cfi.h, stack_walk.h) and remembers the last
// stack (stack_memo.h); by libunwind where that does not get on, or where the option says so.
#ifndef GAIAPROF_STACK_CAPTURE_H
#define GAIAPROF_STACK_CAPTURE_H

#include "preload/stack_memo.h"
#include "preload/stack_shortcut.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host_frame;
struct thread_state;
struct walked_frame;

#define STACK_MEMOS 4 // the thread's own stack, then others: signal stacks, fibers

// What a thread keeps between its captures.
struct stack_capture_state {
    uint32_t generation; // of modules that memos and shortcuts are about
    struct shortcut_table shortcuts;
    struct stack_memo memos[STACK_MEMOS];
    struct walked_frame *walked; // buffer of one capture
    unsigned next_memo;
};

// Makes the other unwinder ready. From our constructor only: it calls the loader.
void stack_capture_init(void);

// Before a thread's first capture: nothing remembered.
void stack_capture_begin_thread(struct stack_capture_state *state);

// The interned stack (stack_table.h) whose leaf is `caller`, the frame of the host that called this
// hook. 0 if there is no room for it. The thread must be in a hook. Keeps errno.
uint32_t stack_capture(struct thread_state *self, const struct host_frame *caller);

// The same, and stack_capture_earlier() may follow.
uint32_t stack_capture_fresh(struct thread_state *self, const struct host_frame *caller);

// The stack of an earlier moment, when the thread's code at `pc` called a hook with its stack
// pointer at `sp`, as far as the thread's latest stack (stack_capture_fresh) tells: if the function
// at `pc` is still there, at the same place and further on, its callers are the same. Else only
// `pc` is known, and a marker stands for the rest (PROFILE_MARKER_RETURNED): what is there now may
// have come since. 0: no room. Of another thread if that one is blocked.
uint32_t stack_capture_earlier(const struct thread_state *thread, uintptr_t pc, uintptr_t sp);

// Whether a code address belongs to the unwinder or the loader: allocations of theirs are ours.
bool stack_capture_is_internal(uintptr_t pc);

#endif
