// SPDX-License-Identifier: MIT
//
// stack_shortcut.c - makes shortcuts, see stack_shortcut.h.
#include "preload/stack_shortcut.h"

#include "preload/slab.h"

#define WANTED_MIN 64 // a thread that captures fewer stacks needs no table

static struct stack_shortcut none[SHORTCUT_WAYS];

void shortcut_table_clear(struct shortcut_table *table)
{
    if (!table->entries)
        table->entries = none;
    table->epoch++;
}

static bool allocate(struct shortcut_table *table)
{
    struct stack_shortcut *entries;

    if (++table->wanted < WANTED_MIN)
        return false;
    table->wanted = 0;
    entries = slab_allocate(sizeof(*entries) << SHORTCUT_BITS);
    if (!entries)
        return false;
    table->entries = entries;
    __asm__ volatile("" ::: "memory"); // a handler may jump out of the hook
    table->index_mask = (1u << SHORTCUT_BITS) - SHORTCUT_WAYS;
    return true;
}

static bool copy_reads(struct stack_shortcut *shortcut, const struct memo_read *reads, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t offset = (size_t)(reads[i].address - (const uintptr_t *)shortcut->sp);

        if (offset > UINT16_MAX)
            return false;
        shortcut->offsets[i] = (uint16_t)offset;
        shortcut->values[i] = reads[i].value;
    }
    shortcut->read_count = (uint8_t)count;
    return true;
}

void shortcut_table_add(struct shortcut_table *table, const struct stack_memo *memo,
                        const struct memo_frame *joint)
{
    const struct memo_frame *inner = memo->inner;
    bool has_joint = joint != memo->frames_end;
    const struct memo_read *reads = memo->reads + inner->first_read;
    const struct memo_read *reads_end =
        has_joint ? memo->reads + joint->first_read : memo->reads_end;
    struct stack_shortcut *shortcut;

    if (reads_end - reads > SHORTCUT_READS || memo->is_truncated)
        return;
    if (!table->index_mask && !allocate(table))
        return;
    // those that are there lead elsewhere; one of them in turn
    shortcut = shortcut_set(table, inner->pc, inner->sp) + table->added++ % SHORTCUT_WAYS;
    shortcut->pc = 0; // likewise
    __asm__ volatile("" ::: "memory");
    shortcut->sp = inner->sp;
    shortcut->fp = inner->fp;
    shortcut->fp_matters = inner->fp_matters;
    shortcut->epoch = table->epoch;
    shortcut->stack = inner->stack;
    shortcut->joint_index = (uint16_t)(memo->frames_end - joint);
    shortcut->joint_sp = has_joint ? joint->sp : 0;
    shortcut->joint_fp = has_joint ? joint->fp : 0;
    shortcut->joint_stack = has_joint ? joint->stack : 0;
    if (!copy_reads(shortcut, reads, (size_t)(reads_end - reads)))
        return;
    __asm__ volatile("" ::: "memory");
    shortcut->pc = inner->pc;
}
