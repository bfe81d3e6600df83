// SPDX-License-Identifier: MIT
//
// stack_capture.c - captures the host's stack, see stack_capture.h.
#include "preload/stack_capture.h"

#include "preload/arch/stack.h"
#include "preload/compiler.h"
#include "preload/libunwind.h"
#include "preload/modules.h"
#include "preload/options.h"
#include "preload/profile_writer.h"
#include "preload/rule_cache.h"
#include "preload/slab.h"
#include "preload/stack_table.h"
#include "preload/stack_walk.h"
#include "preload/text.h"
#include "preload/thread_table.h"

#define FIBER_ROOM_BYTES (64u << 10) // how much deeper the next stack of a fiber may be
#define MISMATCHES_SHOWN 5

// A frame of the stack that is being captured, with the rule that leads out of it.
struct walked_frame {
    uintptr_t pc, sp, fp;
    struct cfi_rule rule;
};

// A stack being captured: `count` walked frames, then those from `joint` outward in the memo
// (frames_end: none).
struct capture {
    struct stack_walk walk;
    struct walked_frame *frames;
    size_t count;
    size_t barrier; // frames before this one can't be remembered
    struct stack_memo *memo;
    const struct memo_frame *joint;
    const struct memo_frame *candidate; // the next that the walk may meet
    uint32_t marker;                    // enum profile_marker
    size_t hidden;                      // frames walked and not kept
};

void stack_capture_init(void)
{
    if (!libunwind_init() && options.unwind != UNWIND_CFI)
        text_warn(2, "stacks have one frame only", "libunwind.so.8 can't be loaded");
}

bool stack_capture_is_internal(uintptr_t pc)
{
    return libunwind_is_internal(pc);
}

// The generation last: a handler may jump out of the hook.
void stack_capture_begin_thread(struct stack_capture_state *state)
{
    uint32_t generation = modules_generation();

    shortcut_table_clear(&state->shortcuts);
    for (int i = 0; i < STACK_MEMOS; i++)
        stack_memo_clear(&state->memos[i]);
    __asm__ volatile("" ::: "memory");
    state->generation = generation;
}

static bool may_be_in(const struct stack_memo *memo, uintptr_t sp)
{
    return memo->inner->pc && sp - memo->low < memo->high - memo->low;
}

// The memo of the stack that `sp` is on. Of a stack that is not the thread's own nobody says where
// it ends: the closest that may be it.
static struct stack_memo *memo_of(struct thread_state *self, uintptr_t sp)
{
    struct stack_capture_state *state = &self->stacks;
    struct stack_memo *best = NULL;

    if (likely(stack_walk_is_own(self, sp)))
        return &state->memos[0];
    for (int i = 1; i < STACK_MEMOS; i++)
        if (may_be_in(&state->memos[i], sp) && (!best || state->memos[i].high < best->high))
            best = &state->memos[i];
    return best ? best : &state->memos[1 + state->next_memo++ % (STACK_MEMOS - 1)];
}

static void use_memo(struct capture *capture, struct stack_memo *memo)
{
    capture->memo = memo;
    capture->candidate = memo->inner;
}

// How far a walk goes beyond options.max_frames, and at most so many frames less are kept then. A
// stack that joins such a one may have as many less again.
static size_t spare_frames(void)
{
    return options.max_frames / 4;
}

// Whether the stack with the memo's frames from `frame` outward is as it should be: no more than
// max_frames, and truncated only if there are more. (What is hidden is not compared: it may be less
// by now. Then a stack of nearly max_frames is truncated, though it need not be.)
static bool has_room_for(const struct capture *capture, const struct memo_frame *frame)
{
    const struct stack_memo *memo = capture->memo;
    size_t count = capture->count + (size_t)(memo->frames_end - frame);

    return count <= options.max_frames &&
           (!memo->is_truncated || count + memo->hidden > options.max_frames);
}

// The first word outward of `frame` that has another value now, or reads_end. What could be read of
// a stack that is not the thread's own may be gone by now: every page is asked for again.
static const struct memo_read *find_difference(struct capture *capture,
                                               const struct memo_frame *frame)
{
    const struct memo_read *read = capture->memo->reads + frame->first_read;

    if (likely(!capture->walk.is_foreign))
        return stack_memo_compare(capture->memo, frame);
    while (read != capture->memo->reads_end &&
           stack_walk_can_read(&capture->walk, (uintptr_t)read->address) &&
           !memo_read_differs(read))
        read++;
    return read;
}

static bool joins(struct capture *capture)
{
    const struct stack_walk *walk = &capture->walk;
    const struct memo_frame *frame = capture->candidate;
    const struct memo_read *difference;

    while (frame->sp < walk->sp)
        frame++;
    capture->candidate = frame;
    if (!memo_frame_is(frame, walk->pc, walk->sp, walk->fp) || !has_room_for(capture, frame))
        return false;
    difference = find_difference(capture, frame);
    if (difference == capture->memo->reads_end) {
        capture->joint = frame;
        return true;
    }
    // what is inside of the difference leads nowhere else than it does
    capture->candidate = stack_memo_reader(capture->memo, frame, difference) + 1;
    return false;
}

static struct cfi_rule add_walked(struct capture *capture)
{
    const struct stack_walk *walk = &capture->walk;
    struct cfi_rule rule = rule_cache_get(walk->pc, walk->is_exact);

    capture->frames[capture->count++] = (struct walked_frame){walk->pc, walk->sp, walk->fp, rule};
    if (walk->is_exact || (rule.kind == CFI_NONE && !stack_walk_is_code(walk->pc)))
        capture->barrier = capture->count;
    return rule;
}

// Goes outward until the stack ends, joins the memo, or has too many frames. False: nothing that we
// can unwind.
static bool walk_outward(struct thread_state *self, struct capture *capture)
{
    for (;;) {
        if (!capture->walk.is_exact && joins(capture))
            return true;
        switch (stack_walk_step(&capture->walk, add_walked(capture))) {
        case WALK_STEPPED:
            break;
        case WALK_SWITCHED:
            if (capture->count > options.max_frames)
                return true;
            capture->barrier = capture->count;
            if (capture->count == options.max_frames)
                return true;
            use_memo(capture, memo_of(self, capture->walk.sp));
            break;
        case WALK_END:
            return true;
        case WALK_BROKEN:
            if (capture->count > options.max_frames)
                return true;
            capture->marker = PROFILE_MARKER_UNWIND_FAILED;
            capture->barrier = capture->count;
            return true;
        default:
            return capture->count > options.max_frames;
        }
        if (capture->count == options.max_frames + spare_frames())
            return true;
    }
}

static uintptr_t sp_of(const struct capture *capture, size_t frame)
{
    return frame < capture->count ? capture->frames[frame].sp : capture->walk.sp;
}

// Which frames of too many are kept: the innermost, up to a place that stacks of about this depth
// have in common. If all kept max_frames, stacks of a deep recursion would begin at another frame
// each, and have nothing in common. Of the frames that may be the first to go, the one whose stack
// pointer differs from that of the next inner one in the highest bit: no other one in reach does.
static size_t find_cut(const struct capture *capture)
{
    size_t least = options.max_frames - spare_frames(), cut = options.max_frames;
    uintptr_t highest = 0;

    if (least < capture->barrier)
        least = capture->barrier;
    for (size_t i = least > 0 ? least : 1; i <= options.max_frames; i++) {
        uintptr_t difference = sp_of(capture, i - 1) ^ sp_of(capture, i);

        if (difference > highest) {
            highest = difference;
            cut = i;
        }
    }
    return cut;
}

static void truncate_walked(struct capture *capture)
{
    size_t cut = find_cut(capture);

    if (cut < capture->count) {
        const struct walked_frame *frame = &capture->frames[cut];

        capture->walk.pc = frame->pc;
        capture->walk.sp = frame->sp;
        capture->walk.fp = frame->fp;
    }
    capture->hidden = capture->count - cut;
    capture->count = cut;
    capture->marker = PROFILE_MARKER_TRUNCATED;
}

static uint32_t root(uint32_t marker)
{
    uint32_t stack = stack_table_child(0, (uint64_t)modules_generation() + 1);

    return stack && marker ? stack_table_child(stack, marker) : stack;
}

// The words that the step from a walked frame to the one outward of it read (`pc`, `sp`, `fp`),
// innermost last. fp is one of them only if it matters outward.
static void add_reads(struct stack_memo *memo, const struct walked_frame *frame, uintptr_t pc,
                      uintptr_t sp, uintptr_t fp, bool outer_fp_matters)
{
    struct cfi_rule rule = frame->rule;

    if (rule.kind == CFI_END || (rule.kind == CFI_NONE && frame->fp == 0))
        return;
    if (rule.kind == CFI_NONE) { // a frame pointer, the only thing there is
        if (outer_fp_matters)
            stack_memo_add_read(memo, frame->fp, fp);
        stack_memo_add_read(memo, frame->fp + sizeof(uintptr_t), pc);
        return;
    }
    if (rule.kind == CFI_FP_DEREF && outer_fp_matters)
        stack_memo_add_read(memo, frame->fp, fp);
    else if (rule.fp_slot && outer_fp_matters)
        stack_memo_add_read(memo, sp - (uintptr_t)rule.fp_slot * sizeof(uintptr_t), fp);
    stack_memo_add_read(memo, sp - sizeof(uintptr_t), pc);
    if (rule.kind == CFI_FP_DEREF)
        stack_memo_add_read(memo, frame->fp + (uintptr_t)(intptr_t)rule.offset, sp);
}

static bool fp_matters(struct cfi_rule rule, bool outer_fp_matters)
{
    if (rule.kind == CFI_SP)
        return !rule.fp_slot && outer_fp_matters;
    return rule.kind != CFI_END;
}

// Interns the walked frames inward from the joint or the root, and remembers them. The step out of
// a frame led to the next one outward; out of the last, to where the walk stands.
static uint32_t intern(struct capture *capture)
{
    struct stack_memo *memo = capture->memo;
    struct memo_frame *outer = (struct memo_frame *)capture->joint;
    bool is_joined = outer != memo->frames_end;
    uint32_t stack = is_joined ? outer->stack : root(capture->marker);
    bool matters = is_joined && outer->fp_matters;
    uintptr_t pc = capture->walk.pc, sp = capture->walk.sp, fp = capture->walk.fp;

    stack_memo_cut(memo, outer);
    if (!is_joined) {
        memo->is_truncated = capture->marker == PROFILE_MARKER_TRUNCATED;
        memo->hidden = (uint16_t)capture->hidden;
    }
    for (size_t i = capture->count; stack && i-- > 0;) {
        const struct walked_frame *frame = &capture->frames[i];

        stack = stack_table_child(stack, frame->pc);
        if (i < capture->barrier)
            continue;
        add_reads(memo, frame, pc, sp, fp, matters);
        matters = fp_matters(frame->rule, matters);
        pc = frame->pc, sp = frame->sp, fp = frame->fp;
        *--outer = (struct memo_frame){
            pc, sp, fp, stack, (uint16_t)(memo->reads_first - memo->reads), matters};
    }
    if (stack)
        stack_memo_finish(memo, outer);
    return stack;
}

static void describe_memo(struct capture *capture)
{
    struct stack_memo *memo = capture->memo;

    memo->low = memo->inner->sp - FIBER_ROOM_BYTES;
    if (memo->inner != memo->frames_end)
        memo->high = memo->frames_end[-1].sp + 1;
}

static uint32_t intern_list(const uintptr_t *pcs, size_t count)
{
    if (count <= options.max_frames)
        return stack_table_intern(pcs, count, 0);
    atomic_add(&profile_header->truncated_stacks, 1);
    return stack_table_intern(pcs, options.max_frames, PROFILE_MARKER_TRUNCATED);
}

static cold uint32_t capture_by_libunwind(struct thread_state *self,
                                          const struct host_frame *caller)
{
    uintptr_t *pcs;
    size_t count;

    if (!libunwind_is_ready())
        return stack_table_intern(&caller->pc, 1, PROFILE_MARKER_STARTUP);
    count = libunwind_backtrace(self, caller, &pcs);
    if (count == 0)
        return stack_table_intern(&caller->pc, 1, PROFILE_MARKER_UNWIND_FAILED);
    return intern_list(pcs, count);
}

static bool reserve(struct thread_state *self, struct stack_memo *memo)
{
    struct stack_capture_state *state = &self->stacks;

    if (!state->walked)
        state->walked =
            slab_allocate((options.max_frames + spare_frames()) * sizeof(state->walked[0]));
    return state->walked && (memo->frames || stack_memo_reserve(memo, options.max_frames));
}

// A stack that is not the last one again.
static __attribute__((noinline)) uint32_t
capture_new(struct thread_state *self, const struct host_frame *caller, struct stack_memo *memo)
{
    struct capture capture;
    uint32_t stack;

    stack_walk_init(&capture.walk, self, caller->pc, host_frame_sp(caller), caller->fp);
    capture.count = capture.barrier = 0;
    capture.marker = 0;
    capture.hidden = 0;
    if (!reserve(self, memo))
        return capture_by_libunwind(self, caller);
    capture.frames = self->stacks.walked;
    use_memo(&capture, memo);
    capture.joint = NULL;
    if (!walk_outward(self, &capture))
        return capture_by_libunwind(self, caller);
    if (!reserve(self, capture.memo)) // it may have gone to another stack
        return capture_by_libunwind(self, caller);
    if (!capture.joint) {
        capture.joint = capture.memo->frames_end;
        if (capture.count > options.max_frames ||
            (capture.count == options.max_frames && capture.walk.pc && !capture.marker))
            truncate_walked(&capture);
    }
    stack = intern(&capture);
    describe_memo(&capture);
    if (stack && capture.barrier == 0 && capture.memo == &self->stacks.memos[0])
        shortcut_table_add(&self->stacks.shortcuts, capture.memo, capture.joint);
    if (unlikely(capture.memo->is_truncated))
        atomic_add(&profile_header->truncated_stacks, 1);
    return stack;
}

static inline uint32_t capture_by_cfi(struct thread_state *self, const struct host_frame *caller)
{
    struct stack_capture_state *state = &self->stacks;
    uintptr_t pc = caller->pc, sp = host_frame_sp(caller), fp = caller->fp;
    const struct stack_memo *memo = &state->memos[0];
    const struct memo_frame *frame = memo->inner;
    uint32_t stack;

    if (unlikely(state->generation != modules_generation()))
        stack_capture_begin_thread(state);
    if (unlikely(!stack_walk_is_own(self, sp)))
        return capture_new(self, caller, memo_of(self, sp));
    if (memo_frame_is(frame, pc, sp, fp) && !memo->is_truncated &&
        stack_memo_compare(memo, frame) == memo->reads_end)
        return frame->stack;
    stack = shortcut_table_find(&state->shortcuts, memo, pc, sp, fp);
    return likely(stack) ? stack : capture_new(self, caller, &state->memos[0]);
}

static cold void show_mismatch(uintptr_t ours, uintptr_t theirs, size_t depth)
{
    char why[128];
    struct text text;

    if (atomic_add(&profile_header->unwind_mismatches, 1) >= MISMATCHES_SHOWN)
        return;
    text_init(&text, why, sizeof(why));
    text_add(&text, "frame ");
    text_add_number(&text, depth);
    text_add(&text, " is ");
    text_add_hex(&text, ours);
    text_add(&text, ", by libunwind ");
    text_add_hex(&text, theirs);
    text_warn(2, "stacks differ", why);
}

static void compare(uint32_t stack, const uintptr_t *theirs, size_t count)
{
    for (size_t i = 0; i < options.max_frames; i++) {
        uintptr_t frame = stack_table_take_frame(&stack);
        uintptr_t other = i < count ? theirs[i] : 0;

        if (!frame && count + spare_frames() > options.max_frames && i >= options.max_frames / 2)
            return; // truncated
        if (frame != other) {
            show_mismatch(frame, other, i);
            return;
        }
        if (!frame)
            return;
    }
}

static cold uint32_t capture_by_both(struct thread_state *self, const struct host_frame *caller)
{
    uint32_t stack = capture_by_cfi(self, caller);
    uintptr_t *theirs;
    size_t count = libunwind_is_ready() ? libunwind_backtrace(self, caller, &theirs) : 0;

    if (stack && count)
        compare(stack, theirs, count);
    return stack;
}

uint32_t stack_capture(struct thread_state *self, const struct host_frame *caller)
{
    if (likely(options.unwind == UNWIND_CFI))
        return capture_by_cfi(self, caller);
    if (options.unwind == UNWIND_LIBUNWIND)
        return capture_by_libunwind(self, caller);
    return capture_by_both(self, caller);
}

static uintptr_t function_of_return(uintptr_t pc)
{
    struct modules_code code;

    return modules_code_at(pc - 1, &code) && code.tables.header
               ? cfi_function_at(&code.tables, pc - 1)
               : 0;
}

static bool is_same_function(uintptr_t a, uintptr_t b)
{
    uintptr_t function = function_of_return(a);

    return function && function == function_of_return(b);
}

// Whether the function that `pc` is in is the one of that frame, further on. At the same call again
// it may have been left and entered anew.
static bool went_on(const struct stack_memo *memo, const struct memo_frame *frame, uintptr_t pc)
{
    return frame >= memo->inner && frame < memo->frames_end && frame->pc != pc &&
           is_same_function(frame->pc, pc);
}

cold uint32_t stack_capture_fresh(struct thread_state *self, const struct host_frame *caller)
{
    // a shortcut would leave the memo where it was: of another stack, or of the same one elsewhere
    if (options.unwind == UNWIND_CFI && stack_walk_is_own(self, host_frame_sp(caller))) {
        if (self->stacks.generation != modules_generation())
            stack_capture_begin_thread(&self->stacks);
        return capture_new(self, caller, &self->stacks.memos[0]);
    }
    return stack_capture(self, caller);
}

cold uint32_t stack_capture_earlier(const struct thread_state *thread, uintptr_t pc, uintptr_t sp)
{
    const struct stack_memo *memo = &thread->stacks.memos[0];
    const struct memo_frame *frame;
    uint32_t stack;

    if (options.unwind != UNWIND_CFI || !stack_walk_is_own(thread, sp))
        return stack_table_intern(&pc, 1, PROFILE_MARKER_RETURNED);
    for (frame = memo->inner; frame->sp < sp; frame++) // the sentinel stops it
        continue;
    if (!went_on(memo, frame->sp == sp ? frame : frame - 1, pc))
        return stack_table_intern(&pc, 1, PROFILE_MARKER_RETURNED);
    if (frame->sp == sp)
        frame++;
    stack = frame == memo->frames_end || !frame->pc ? root(0) : frame->stack;
    return stack ? stack_table_child(stack, pc) : 0;
}
