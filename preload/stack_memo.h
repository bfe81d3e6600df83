// SPDX-License-Identifier: MIT
//
// stack_memo.h - the last stack of a thread, kept so that the next one need not be unwound again.
// Used by its thread alone, in a hook.
//
// Two stacks of one thread that follow each other mostly share their outer frames. The memo holds
// of every frame of the last stack its state (pc, sp, fp), the id of the stack from there outward,
// and every word that the step to its caller read, with its value. The next stack is unwound frame
// by frame until the state of a frame is that of a remembered one; if then all words read from
// there outward still have their values, the rest of the stack is the remembered one.
//
// Why that is sound. A step is a function: the rule follows from the pc as long as no module goes
// away (the generation sees to that; frames outside of modules, signal frames and what another
// unwinder found are never remembered); which words are read follows from the rule and the state;
// and the caller's state follows from the rule, the state and the values of these words. So equal
// state and equal words give the caller equal state, and by induction every frame outward. The
// checks of a step (bounds, alignment, growth) depend on the same values and on the bounds of the
// thread's stack, which do not change.
//   Comparing return addresses alone would not do: alloca moves the frames outside of it, and the
// word where a return address was can hold it still after the frame has moved.
//   fp is part of a state only where it matters, that is, where a frame outward finds its CFA by it
// before it is restored from the stack; in code without frame pointers it is a register like any
// other, and neither it nor the place where it was saved says anything about the frames.
//   No word is read that a full unwind would not read at that point, since the first difference
// ends the comparison: where unwinding is safe, this is. (The bounds of a fiber's stack are not
// known and its memory may go away: stack_capture.c asks for its pages as an unwind would.)
#ifndef GAIAPROF_STACK_MEMO_H
#define GAIAPROF_STACK_MEMO_H

#include "preload/compiler.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memo_frame {
    uintptr_t pc, sp, fp;
    uint32_t stack;      // from this frame outward
    uint16_t first_read; // index in reads[]; its words and those of the frames outward follow
    bool fp_matters;
};

struct memo_read {
    const uintptr_t *address;
    uintptr_t value;
};

// Both arrays are filled from their ends, the outermost frame first: so the inner frames can change
// while the outer ones stay. All zero but for `inner` (stack_memo_clear): empty, without memory.
struct stack_memo {
    const struct memo_frame *inner; // the innermost; then outward to frames_end, a sentinel there
    struct memo_read *reads;
    struct memo_read *reads_end; // a sentinel: its word is never equal
    struct memo_frame *frames;
    struct memo_frame *frames_end;
    struct memo_read *reads_first;
    bool is_truncated;   // there were more frames outward,
    uint16_t hidden;     // at least so many
    uintptr_t low, high; // where stack pointers of this stack are expected
};

extern const struct memo_frame stack_memo_sentinel; // a frame that nothing equals

// Gives it room for `frame_count` frames. False without memory.
bool stack_memo_reserve(struct stack_memo *memo, size_t frame_count);

static inline void stack_memo_clear(struct stack_memo *memo)
{
    memo->inner = memo->frames ? memo->frames_end : &stack_memo_sentinel;
}

static inline bool memo_frame_is(const struct memo_frame *frame, uintptr_t pc, uintptr_t sp,
                                 uintptr_t fp)
{
    return frame->pc == pc && frame->sp == sp && (frame->fp == fp || !frame->fp_matters);
}

static inline bool memo_read_differs(const struct memo_read *read)
{
    return *read->address != read->value;
}

// The first word outward of `frame` that has another value; reads_end, a sentinel, if all are as
// they were. Four at a time by hand: gcc's own unrolling makes six instructions of one comparison.
static inline const struct memo_read *stack_memo_compare(const struct stack_memo *memo,
                                                         const struct memo_frame *frame)
{
    const struct memo_read *read = memo->reads + frame->first_read;

    for (;; read += 4) {
        if (memo_read_differs(&read[0]))
            return &read[0];
        if (memo_read_differs(&read[1]))
            return &read[1];
        if (memo_read_differs(&read[2]))
            return &read[2];
        if (memo_read_differs(&read[3]))
            return &read[3];
    }
}

// The frame whose step read that word.
static inline const struct memo_frame *stack_memo_reader(const struct stack_memo *memo,
                                                         const struct memo_frame *frame,
                                                         const struct memo_read *read)
{
    uint16_t index = (uint16_t)(read - memo->reads);

    while (frame + 1 < memo->frames_end && frame[1].first_read <= index)
        frame++;
    return frame;
}

// Keeps `outer` and what lies outward of it (frames_end: nothing); then frames are added inward.
// stack_memo_finish() makes it valid again: in between a handler may jump out of the hook.
static inline void stack_memo_cut(struct stack_memo *memo, const struct memo_frame *outer)
{
    memo->reads_first =
        outer == memo->frames_end ? memo->reads_end : memo->reads + outer->first_read;
    memo->inner = memo->frames_end;
    __asm__ volatile("" ::: "memory");
}

static inline void stack_memo_finish(struct stack_memo *memo, const struct memo_frame *inner)
{
    __asm__ volatile("" ::: "memory");
    memo->inner = inner;
}

static inline void stack_memo_add_read(struct stack_memo *memo, uintptr_t address, uintptr_t value)
{
    *--memo->reads_first = (struct memo_read){(const uintptr_t *)address, value};
}

#endif
