// SPDX-License-Identifier: MIT
//
// stack_memo.c - memory of the memo, see stack_memo.h.
#include "preload/stack_memo.h"

#include "preload/slab.h"

#define READS_PER_FRAME 3 // gcc's realigned frames: CFA, return address, fp

static const uintptr_t never_one = 0;
const struct memo_frame stack_memo_sentinel = {.sp = UINTPTR_MAX};

// `frames` is set last: a handler may jump out of the hook, and it says that all is there.
bool stack_memo_reserve(struct stack_memo *memo, size_t frame_count)
{
    size_t read_count = frame_count * READS_PER_FRAME; // and a sentinel
    struct memo_frame *frames = slab_allocate((frame_count + 1) * sizeof(memo->frames[0]) +
                                              (read_count + 1) * sizeof(memo->reads[0]));

    if (!frames)
        return false;
    memo->frames_end = frames + frame_count;
    *memo->frames_end = stack_memo_sentinel;
    memo->reads = (struct memo_read *)(memo->frames_end + 1);
    memo->reads_end = memo->reads + read_count;
    *memo->reads_end = (struct memo_read){&never_one, 1};
    memo->inner = memo->frames_end;
    __asm__ volatile("" ::: "memory");
    memo->frames = frames;
    return true;
}
