// SPDX-License-Identifier: MIT
//
// stack_shortcut.h - the inner frames of stacks met lately, by the frame of the hook. A program
// that allocates from a handful of places in turn changes the inner frames each time, while the
// outer ones stay in the memo (stack_memo.h): a shortcut leads from the place to the frame of the
// memo where the two meet, its *joint*. Used by its thread alone, in a hook, for its own stack.
//
// Sound for the reason that stack_memo.h gives: equal state at the hook and equal words lead to an
// equal state at the joint, and the memo says what is outward of it. That the joint is the same
// frame follows from its stack id (so its pc, and with the pcs outward whether its fp matters), sp
// and, where it matters, fp.
#ifndef GAIAPROF_STACK_SHORTCUT_H
#define GAIAPROF_STACK_SHORTCUT_H

#include "preload/stack_memo.h"

#define SHORTCUT_READS 20
#define SHORTCUT_BITS 7  // of their number
#define SHORTCUT_WAYS 4u // places of one hook frame: what lies outward of it differs

struct stack_shortcut {
    uintptr_t pc, sp, fp;
    uintptr_t joint_sp, joint_fp;
    uint32_t epoch; // of the table
    uint32_t stack; // what it leads to
    uint32_t joint_stack;
    uint16_t joint_index; // frames from the joint to the end of the memo; 0: it needs no memo
    uint8_t read_count;
    bool fp_matters;
    uint16_t offsets[SHORTCUT_READS]; // words from sp
    uintptr_t values[SHORTCUT_READS];
};
static_assert(sizeof(struct stack_shortcut) == 256, "four cache lines, few of them read");

struct shortcut_table {
    struct stack_shortcut *entries;
    uint32_t index_mask; // 0 and one empty set until the thread has captured some stacks
    uint32_t epoch;      // entries of another one are of another time
    uint32_t wanted;     // captures that might have used one while there was no table
    uint32_t added;
};

// Forgets them all.
void shortcut_table_clear(struct shortcut_table *table);

// Makes one from the innermost frame of the memo to `joint`, if it is short enough.
void shortcut_table_add(struct shortcut_table *table, const struct stack_memo *memo,
                        const struct memo_frame *joint);

// The first of its SHORTCUT_WAYS places.
static inline struct stack_shortcut *shortcut_set(const struct shortcut_table *table, uintptr_t pc,
                                                  uintptr_t sp)
{
    uint64_t hash = (pc + (sp << 20)) * UINT64_C(0x9e3779b97f4a7c15);

    return &table->entries[(uint32_t)(hash >> (64 - SHORTCUT_BITS)) & table->index_mask];
}

static inline bool shortcut_words_are_equal(const struct stack_shortcut *shortcut)
{
    const uintptr_t *words = (const uintptr_t *)shortcut->sp;

    for (size_t i = 0; i < shortcut->read_count; i++)
        if (words[shortcut->offsets[i]] != shortcut->values[i])
            return false;
    return true;
}

// Whether the memo has the joint, and the stack is still what the memo says outward of it.
static inline bool shortcut_meets(const struct stack_shortcut *shortcut,
                                  const struct stack_memo *memo)
{
    const struct memo_frame *joint = memo->frames_end - shortcut->joint_index;

    if (shortcut->joint_index == 0)
        return true;
    return joint >= memo->inner && joint->stack == shortcut->joint_stack &&
           joint->sp == shortcut->joint_sp &&
           (joint->fp == shortcut->joint_fp || !joint->fp_matters) &&
           stack_memo_compare(memo, joint) == memo->reads_end;
}

// The stack of the hook frame {pc, sp, fp}; 0 if no shortcut leads there.
static inline uint32_t shortcut_table_find(const struct shortcut_table *table,
                                           const struct stack_memo *memo, uintptr_t pc,
                                           uintptr_t sp, uintptr_t fp)
{
    const struct stack_shortcut *shortcut = shortcut_set(table, pc, sp);

    for (unsigned way = 0; way < SHORTCUT_WAYS; way++, shortcut++)
        if (shortcut->pc == pc && shortcut->sp == sp && shortcut->epoch == table->epoch &&
            (shortcut->fp == fp || !shortcut->fp_matters) && shortcut_words_are_equal(shortcut) &&
            shortcut_meets(shortcut, memo))
            return shortcut->stack;
    return 0;
}

#endif
