// SPDX-License-Identifier: MIT
//
// exit_point.c - see exit_point.h. Three cases:
//   - the host called exit: its stack and its registers are what they were at that call;
//   - main returned, or a thread's function (the last one's): nothing of theirs is left, which is
//     seen by a walk that meets nothing but the C library, up to the frame that all began with;
//   - the C library ended the process (err, assert, ...): the host's registers are somewhere in its
//     frames. Then all of the stack counts.
#include "preload/exit_point.h"

#include "preload/arch/stack.h"
#include "preload/guard.h"
#include "preload/modules.h"
#include "preload/own_regions.h"
#include "preload/rule_cache.h"
#include "preload/stack_walk.h"
#include "preload/sys.h"
#include "preload/thread_table.h"

#include <string.h>

#define FRAMES_MAX 64

static struct {
    struct arch_registers registers;
    int thread; // 0: nobody called exit
} noted;

void exit_point_note(const struct arch_registers *registers)
{
    noted.registers = *registers;
    noted.thread = sys_thread_id();
}

static bool is_runtime(uintptr_t pc)
{
    const char *name = modules_name_of(pc);

    return strncmp(name, "libc.so", 7) == 0 || strncmp(name, "ld-linux", 8) == 0 ||
           modules_range_of(pc).start == modules_range_of((uintptr_t)exit_point_note).start;
}

// Where the stack begins that is not the C library's, if the host has none of it any more; else 0.
static uintptr_t find_outermost(const struct thread_state *self, const struct host_frame *frame)
{
    struct stack_walk walk;

    stack_walk_init(&walk, self, frame->pc, host_frame_sp(frame), frame->fp);
    for (unsigned i = 0; i < FRAMES_MAX; i++) {
        bool is_ours = is_runtime(walk.pc);
        uintptr_t sp = walk.sp;
        enum walk_step step = stack_walk_step(&walk, rule_cache_get(walk.pc, walk.is_exact));

        if (step == WALK_END)
            return sp;
        if (!is_ours || step != WALK_STEPPED)
            return 0;
    }
    return 0;
}

void exit_point_describe(struct profile_scan_help *help, const struct host_frame *frame)
{
    const struct thread_state *self = thread_self;
    uintptr_t here = arch_stack_pointer();

    help->ending_tid = (uint32_t)sys_thread_id();
    help->ending_sp = here;
    if (!self || !guard_enter())
        return;
    if (noted.thread == self->tid && noted.registers.sp > here && stack_walk_is_own(self, here) &&
        stack_walk_is_own(self, noted.registers.sp)) {
        help->ending_sp = noted.registers.sp;
        memcpy(help->ending_registers, noted.registers.kept, sizeof(help->ending_registers));
    } else if (stack_walk_is_own(self, here)) {
        uintptr_t outermost = find_outermost(self, frame);

        help->ending_sp = outermost ? outermost : here;
    }
    guard_leave();
}
