// SPDX-License-Identifier: MIT
//
// stack_walk.c - one step of unwinding, see stack_walk.h.
#include "preload/stack_walk.h"

#include "preload/arch/stack.h"
#include "preload/compiler.h"
#include "preload/modules.h"
#include "preload/sys.h"
#include "preload/thread_table.h"

#define WORD sizeof(uintptr_t)
#define PAGE_BYTES 4096

static uintptr_t page_of(uintptr_t address)
{
    return address & ~(uintptr_t)(PAGE_BYTES - 1);
}

// [low, high), or nothing where there is no room for a word.
static void set_readable(struct stack_walk *walk, uintptr_t low, uintptr_t high)
{
    bool has_word = high - low >= WORD;

    walk->low = has_word ? low : 1; // no word lies there
    walk->span = has_word ? high - low - WORD : 0;
}

// A function that was interrupted at its end has popped what its tables say is saved.
static uintptr_t with_red_zone(uintptr_t sp, uintptr_t stack_low)
{
    return sp - stack_low < ARCH_RED_ZONE_BYTES ? stack_low : sp - ARCH_RED_ZONE_BYTES;
}

// Where `sp` is: what can be read from there outward.
static void enter_stack(struct stack_walk *walk, uintptr_t sp)
{
    const struct thread_state *self = walk->self;

    walk->is_foreign = !stack_walk_is_own(self, sp);
    if (likely(!walk->is_foreign))
        set_readable(walk, with_red_zone(sp, self->stack_low), self->stack_high);
    else
        set_readable(walk, 0, 0);
}

// Of a page that can be read, what belongs to the stack.
static void set_readable_page(struct stack_walk *walk, uintptr_t page)
{
    const struct thread_state *self = walk->self;
    uintptr_t low = page, high = page + PAGE_BYTES;

    if (stack_walk_is_on_signal_stack(self, walk->sp)) {
        uintptr_t end = self->signal_stack_low + self->signal_stack_bytes;

        low = low > self->signal_stack_low ? low : self->signal_stack_low;
        high = high < end ? high : end;
    }
    set_readable(walk, low, high > low ? high : low);
}

void stack_walk_init(struct stack_walk *walk, const struct thread_state *self, uintptr_t pc,
                     uintptr_t sp, uintptr_t fp)
{
    *walk = (struct stack_walk){.pc = pc, .sp = sp, .fp = fp, .self = self};
    enter_stack(walk, sp);
    if (walk->is_foreign) // the hook's frame lies just inside
        set_readable_page(walk, page_of(sp - WORD));
}

// A page of a stack that we know nothing of.
static cold bool probe(struct stack_walk *walk, uintptr_t address)
{
    uintptr_t page = page_of(address);

    if (!walk->is_foreign || address + ARCH_RED_ZONE_BYTES < walk->sp ||
        !sys_is_readable((const void *)page))
        return false;
    set_readable_page(walk, page);
    return address - walk->low <= walk->span;
}

static inline bool can_read(struct stack_walk *walk, uintptr_t address)
{
    if (unlikely(address % WORD != 0))
        return false;
    return likely(address - walk->low <= walk->span) || probe(walk, address);
}

bool stack_walk_can_read(struct stack_walk *walk, uintptr_t address)
{
    return can_read(walk, address);
}

static inline uintptr_t word_at(uintptr_t address)
{
    return *(const uintptr_t *)address;
}

static inline enum walk_step go_to(struct stack_walk *walk, uintptr_t pc, uintptr_t sp,
                                   uintptr_t fp)
{
    walk->pc = pc;
    walk->sp = sp;
    walk->fp = fp;
    walk->is_exact = false;
    return likely(pc) ? WALK_STEPPED : WALK_END;
}

bool stack_walk_is_code(uintptr_t pc)
{
    struct modules_code code;

    return modules_code_at(pc, &code);
}

static bool are_on_one_stack(const struct thread_state *self, uintptr_t a, uintptr_t b)
{
    return stack_walk_is_own(self, a)
               ? stack_walk_is_own(self, b)
               : stack_walk_is_on_signal_stack(self, a) && stack_walk_is_on_signal_stack(self, b);
}

// The caller's frame is not further outward on this stack: the function runs on another one than
// its caller, and its tables say so, or they are wrong.
static cold enum walk_step leave_stack(struct stack_walk *walk, uintptr_t cfa, int32_t fp_slot)
{
    uintptr_t saved = cfa - (uintptr_t)fp_slot * WORD, fp = walk->fp, pc;
    struct stack_walk before = *walk;

    if (cfa % WORD != 0 || are_on_one_stack(walk->self, walk->sp, cfa))
        return WALK_ODD;
    enter_stack(walk, cfa);
    walk->sp = fp_slot ? saved : cfa - WORD; // the least address to be read
    if (can_read(walk, cfa - WORD) && (!fp_slot || can_read(walk, saved))) {
        pc = word_at(cfa - WORD);
        fp = fp_slot ? word_at(saved) : fp;
        if (stack_walk_is_code(pc)) {
            go_to(walk, pc, cfa, fp);
            return WALK_SWITCHED;
        }
    }
    *walk = before;
    return WALK_ODD;
}

// The frame whose caller's stack pointer is `cfa`.
static inline enum walk_step leave_frame(struct stack_walk *walk, uintptr_t cfa, int32_t fp_slot)
{
    uintptr_t fp = walk->fp;

    if (unlikely(cfa <= walk->sp) || unlikely(!can_read(walk, cfa - WORD)))
        return leave_stack(walk, cfa, fp_slot);
    if (fp_slot) {
        uintptr_t saved = cfa - (uintptr_t)fp_slot * WORD;

        if (unlikely(!can_read(walk, saved)))
            return WALK_ODD;
        fp = word_at(saved);
    }
    return go_to(walk, word_at(cfa - WORD), cfa, fp);
}

static enum walk_step leave_realigned(struct stack_walk *walk, int32_t offset)
{
    uintptr_t place = walk->fp + (uintptr_t)(intptr_t)offset, cfa;

    if (!can_read(walk, place))
        return WALK_ODD;
    cfa = word_at(place);
    if (cfa <= walk->sp || !can_read(walk, cfa - WORD) || !can_read(walk, walk->fp))
        return WALK_ODD;
    return go_to(walk, word_at(cfa - WORD), cfa, word_at(walk->fp));
}

// A handler ran on this stack or on another one; what it interrupted may be anywhere, but for a
// frame further inside of the same stack.
static cold enum walk_step leave_handler(struct stack_walk *walk)
{
    uintptr_t sp = walk->sp, pc, outer_sp, fp;

    for (uintptr_t address = sp; address < sp + ARCH_CONTEXT_BYTES; address += WORD)
        if (!can_read(walk, address))
            return WALK_BROKEN;
    arch_interrupted((const ucontext_t *)sp, &pc, &outer_sp, &fp);
    if (outer_sp % WORD != 0)
        return WALK_BROKEN;
    if (outer_sp <= sp && are_on_one_stack(walk->self, sp, outer_sp))
        return WALK_BROKEN;
    enter_stack(walk, outer_sp);
    go_to(walk, pc, outer_sp, fp);
    walk->is_exact = true;
    return WALK_SWITCHED;
}

// No entry in the tables: code made at run time, or assembler without. If it keeps a frame pointer
// the caller is found by it; assembler is called from code. A call through a wild pointer was
// interrupted before it did anything.
static cold enum walk_step leave_unknown(struct stack_walk *walk)
{
    uintptr_t fp = walk->fp;
    bool is_made = !stack_walk_is_code(walk->pc), is_plain = !is_made && !walk->is_exact;

    if (walk->is_exact && is_made && can_read(walk, walk->sp) &&
        stack_walk_is_code(word_at(walk->sp)))
        go_to(walk, word_at(walk->sp), walk->sp + WORD, fp);
    else if (fp == 0)
        return go_to(walk, 0, walk->sp, 0);
    else if (fp >= walk->sp && can_read(walk, fp) && can_read(walk, fp + WORD) &&
             (is_made || stack_walk_is_code(word_at(fp + WORD))))
        go_to(walk, word_at(fp + WORD), fp + 2 * WORD, word_at(fp));
    else
        return WALK_BROKEN;
    if (!walk->pc)
        return WALK_END;
    return is_plain ? WALK_STEPPED : WALK_SWITCHED;
}

enum walk_step stack_walk_step(struct stack_walk *walk, struct cfi_rule rule)
{
    switch (rule.kind) {
    case CFI_SP:
        return leave_frame(walk, walk->sp + (uintptr_t)(intptr_t)rule.offset, rule.fp_slot);
    case CFI_FP:
        return leave_frame(walk, walk->fp + (uintptr_t)(intptr_t)rule.offset, rule.fp_slot);
    case CFI_FP_DEREF:
        return leave_realigned(walk, rule.offset);
    case CFI_SIGNAL:
        return leave_handler(walk);
    case CFI_END:
        walk->pc = 0;
        return WALK_END;
    case CFI_NONE:
        return leave_unknown(walk);
    default:
        return WALK_ODD;
    }
}
