// SPDX-License-Identifier: MIT
//
// preload_stack_walk_test.c - single steps over stacks that lie in arrays: what each kind of rule
// reads and where it leads, and that no word beyond a stack is ever touched: pages that can't be
// read lie around it.
#include "preload/arch/stack.h"
#include "preload/stack_walk.h"
#include "tests/unit/preload_support.h"

#include <string.h>
#include <sys/mman.h>

#define PAGE ((size_t)4096)
#define WORDS ((size_t)(2 * PAGE / sizeof(uintptr_t)))
#define PC UINT64_C(0x401000)
#define OUTER_PC UINT64_C(0x402000)
#define FP UINT64_C(0x1234)
#define OUTER_FP UINT64_C(0x5678)

// Each array has two pages, and a hole on either side.
static uintptr_t *own, *other;
static struct thread_state self;
static struct stack_walk walk;

static uintptr_t *map_between_holes(void)
{
    char *range = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(range != MAP_FAILED);
    assert_int_equal(mprotect(range + PAGE, 2 * PAGE, PROT_READ | PROT_WRITE), 0);
    return (uintptr_t *)(range + PAGE);
}

static int set_up(void **state)
{
    (void)state;
    own = map_between_holes();
    other = map_between_holes();
    memset(&self, 0, sizeof(self));
    self.stack_low = (uintptr_t)own;
    self.stack_high = (uintptr_t)(own + WORDS);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    munmap((char *)own - PAGE, 4 * PAGE);
    munmap((char *)other - PAGE, 4 * PAGE);
    return 0;
}

static uintptr_t at(const uintptr_t *stack, size_t index)
{
    return (uintptr_t)(stack + index);
}

static void begin(const uintptr_t *stack, size_t index, uintptr_t fp)
{
    stack_walk_init(&walk, &self, PC, at(stack, index), fp);
}

static enum walk_step step(enum cfi_kind kind, int32_t offset, int32_t fp_slot)
{
    return stack_walk_step(&walk, (struct cfi_rule){kind, offset, fp_slot});
}

static void assert_walk(uintptr_t pc, uintptr_t sp, uintptr_t fp)
{
    assert_int_equal(walk.pc, pc);
    assert_int_equal(walk.sp, sp);
    assert_int_equal(walk.fp, fp);
    assert_false(walk.is_exact);
}

// A step that fails leaves the walk where it was. What the tables say can't be: libunwind is asked.
static void assert_fails(enum walk_step expected, enum cfi_kind kind, int32_t offset,
                         int32_t fp_slot)
{
    struct stack_walk before = walk;

    assert_int_equal(step(kind, offset, fp_slot), expected);
    assert_walk(before.pc, before.sp, before.fp);
}

static void test_by_sp(void **state)
{
    (void)state;
    own[14] = OUTER_PC;
    begin(own, 10, FP);
    assert_int_equal(step(CFI_SP, 40, 0), WALK_STEPPED);
    assert_walk(OUTER_PC, at(own, 15), FP);
}

static void test_by_sp_with_fp(void **state)
{
    (void)state;
    own[14] = OUTER_PC;
    own[12] = OUTER_FP;
    begin(own, 10, FP);
    assert_int_equal(step(CFI_SP, 40, 3), WALK_STEPPED);
    assert_walk(OUTER_PC, at(own, 15), OUTER_FP);
}

static void test_by_fp(void **state)
{
    (void)state;
    own[20] = OUTER_FP;
    own[21] = OUTER_PC;
    begin(own, 10, at(own, 20));
    assert_int_equal(step(CFI_FP, 16, 2), WALK_STEPPED);
    assert_walk(OUTER_PC, at(own, 22), OUTER_FP);
    begin(own, 10, at(own, 20));
    assert_int_equal(step(CFI_FP, 16, 0), WALK_STEPPED);
    assert_walk(OUTER_PC, at(own, 22), at(own, 20));
}

static void test_realigned(void **state)
{
    (void)state;
    own[20] = OUTER_FP;
    own[19] = at(own, 30);
    own[29] = OUTER_PC;
    begin(own, 10, at(own, 20));
    assert_int_equal(step(CFI_FP_DEREF, -8, 0), WALK_STEPPED);
    assert_walk(OUTER_PC, at(own, 30), OUTER_FP);
}

static void test_ends(void **state)
{
    (void)state;
    begin(own, 10, FP);
    assert_int_equal(step(CFI_END, 0, 0), WALK_END);
    assert_walk(0, at(own, 10), FP);
    own[10] = 0; // returns to nowhere
    begin(own, 10, FP);
    assert_int_equal(step(CFI_SP, 8, 0), WALK_END);
    assert_walk(0, at(own, 11), FP);
}

static void test_not_for_us(void **state)
{
    (void)state;
    begin(own, 10, FP);
    assert_int_equal(step(CFI_ODD, 0, 0), WALK_ODD);
    assert_int_equal(step(CFI_UNKNOWN, 0, 0), WALK_ODD);
    assert_walk(PC, at(own, 10), FP);
}

// The last word is read, the one beyond is not.
static void test_end_of_the_own_stack(void **state)
{
    (void)state;
    own[WORDS - 1] = OUTER_PC;
    begin(own, WORDS - 4, FP);
    assert_int_equal(step(CFI_SP, 32, 0), WALK_STEPPED);
    assert_walk(OUTER_PC, at(own, WORDS), FP);
    assert_fails(WALK_ODD, CFI_SP, 8, 0);
    begin(own, WORDS - 4, FP);
    assert_fails(WALK_ODD, CFI_SP, 40, 0);
    assert_fails(WALK_ODD, CFI_SP, (int32_t)PAGE, 0);
    assert_fails(WALK_ODD, CFI_FP, 16, 2);
}

static void test_must_grow(void **state)
{
    (void)state;
    begin(own, 100, at(own, 98));
    assert_fails(WALK_ODD, CFI_SP, 0, 0);
    assert_fails(WALK_ODD, CFI_SP, -8, 0);
    assert_fails(WALK_ODD, CFI_SP, INT32_MIN, 0);
    assert_fails(WALK_ODD, CFI_FP, 16, 2); // sp again
    own[99] = at(own, 100);
    assert_fails(WALK_ODD, CFI_FP_DEREF, 8, 0);
    assert_fails(WALK_ODD, CFI_SP, 16, 3 + (int32_t)(ARCH_RED_ZONE_BYTES / 8)); // inside
}

static void test_wild_frame_pointers(void **state)
{
    const uintptr_t fps[] = {1,
                             8,
                             FP,
                             UINTPTR_MAX,
                             UINTPTR_MAX - 7,
                             UINTPTR_MAX - 15,
                             (uintptr_t)1 << 63,
                             (uintptr_t)1 << 47,
                             at(own, 0) - 8,
                             at(own, WORDS),
                             at(own, WORDS) - 8,
                             at(own, 12) + 4,
                             at(own, 12) + 1};

    (void)state;
    for (size_t i = 0; i < sizeof(fps) / sizeof(fps[0]); i++) {
        begin(own, 10, fps[i]);
        assert_fails(WALK_ODD, CFI_FP, 16, 2);
        assert_fails(WALK_ODD, CFI_FP_DEREF, -8, 0);
        assert_fails(WALK_ODD, CFI_FP_DEREF, 8, 0);
        assert_fails(WALK_BROKEN, CFI_NONE, 0, 0);
        begin(other, 10, fps[i]);
        assert_fails(WALK_ODD, CFI_FP, 16, 2);
        assert_fails(WALK_ODD, CFI_FP_DEREF, -8, 0);
        assert_fails(WALK_BROKEN, CFI_NONE, 0, 0);
    }
}

static void test_misaligned(void **state)
{
    (void)state;
    stack_walk_init(&walk, &self, PC, at(own, 10) + 4, at(own, 20));
    assert_fails(WALK_ODD, CFI_SP, 40, 0);
    own[20] = OUTER_FP;
    own[21] = OUTER_PC;
    assert_int_equal(step(CFI_FP, 16, 2), WALK_STEPPED); // the frame pointer is not
    assert_walk(OUTER_PC, at(own, 22), OUTER_FP);
}

// --- stacks of others: pages are asked for

static void test_foreign_stack(void **state)
{
    size_t across = PAGE / sizeof(uintptr_t);

    (void)state;
    begin(other, 10, FP);
    assert_true(walk.is_foreign);
    other[14] = OUTER_PC;
    assert_int_equal(step(CFI_SP, 40, 0), WALK_STEPPED);
    other[across + 20] = OUTER_PC;
    other[across - 3] = OUTER_FP; // on the page before
    assert_int_equal(step(CFI_SP, (int32_t)(8 * (across + 21 - 15)), 24), WALK_STEPPED);
    assert_walk(OUTER_PC, at(other, across + 21), OUTER_FP);
    other[WORDS - 1] = OUTER_PC;
    assert_int_equal(step(CFI_SP, (int32_t)(8 * (WORDS - across - 21)), 0), WALK_STEPPED);
    assert_fails(WALK_ODD, CFI_SP, 8, 0); // the hole
    assert_fails(WALK_ODD, CFI_SP, (int32_t)PAGE, 0);
}

// The hook's frame lies on the last page, what called it has none.
static void test_foreign_stack_ends_at_once(void **state)
{
    (void)state;
    begin(other, WORDS, FP);
    assert_fails(WALK_ODD, CFI_SP, 8, 0);
    assert_fails(WALK_BROKEN, CFI_NONE, 0, 0);
    begin(other, WORDS - 1, FP);
    other[WORDS - 1] = OUTER_PC;
    assert_int_equal(step(CFI_SP, 8, 0), WALK_STEPPED);
}

static void test_unknown_bounds(void **state)
{
    (void)state;
    self.stack_low = self.stack_high = 0;
    begin(own, 10, FP);
    assert_true(walk.is_foreign);
    own[14] = OUTER_PC;
    assert_int_equal(step(CFI_SP, 40, 0), WALK_STEPPED);
    assert_fails(WALK_ODD, CFI_SP, (int32_t)(8 * (WORDS + 1 - 15)), 0);
}

// --- signals

static void interrupted(const uintptr_t *frame, uintptr_t pc, uintptr_t sp, uintptr_t fp)
{
    ucontext_t *context = (ucontext_t *)frame;

    context->uc_mcontext.gregs[REG_RIP] = (greg_t)pc;
    context->uc_mcontext.gregs[REG_RSP] = (greg_t)sp;
    context->uc_mcontext.gregs[REG_RBP] = (greg_t)fp;
}

static void assert_switched(uintptr_t sp, bool is_foreign)
{
    assert_int_equal(step(CFI_SIGNAL, 0, 0), WALK_SWITCHED);
    assert_int_equal(walk.pc, OUTER_PC);
    assert_int_equal(walk.sp, sp);
    assert_int_equal(walk.fp, OUTER_FP);
    assert_true(walk.is_exact);
    assert_int_equal(walk.is_foreign, is_foreign);
}

static void test_handler_on_the_own_stack(void **state)
{
    (void)state;
    begin(own, 10, FP);
    interrupted(own + 10, OUTER_PC, at(own, 500), OUTER_FP);
    assert_switched(at(own, 500), false);
    own[500] = PC;
    assert_int_equal(step(CFI_SP, 8, 0), WALK_STEPPED);
    assert_walk(PC, at(own, 501), OUTER_FP);
    begin(own, 300, FP);
    interrupted(own + 300, OUTER_PC, at(own, 200), OUTER_FP); // further inside
    assert_fails(WALK_BROKEN, CFI_SIGNAL, 0, 0);
    interrupted(own + 300, OUTER_PC, at(own, 800) + 4, OUTER_FP);
    assert_fails(WALK_BROKEN, CFI_SIGNAL, 0, 0);
    begin(own, WORDS - 20, FP); // no room for what the kernel saves
    assert_fails(WALK_BROKEN, CFI_SIGNAL, 0, 0);
}

static void use_signal_stack(const uintptr_t *stack, size_t first, size_t count)
{
    self.signal_stack_low = at(stack, first);
    self.signal_stack_bytes = count * sizeof(uintptr_t);
}

static void test_handler_on_the_signal_stack(void **state)
{
    (void)state;
    use_signal_stack(other, 0, WORDS);
    begin(other, 10, FP);
    assert_true(walk.is_foreign);
    interrupted(other + 10, OUTER_PC, at(own, 3), OUTER_FP);
    assert_switched(at(own, 3), false);
    begin(other, 10, FP);
    interrupted(other + 10, OUTER_PC, at(other, 5), OUTER_FP); // further inside
    assert_fails(WALK_BROKEN, CFI_SIGNAL, 0, 0);
    begin(other, 10, FP);
    interrupted(other + 10, OUTER_PC, UINT64_C(0x10000), OUTER_FP);
    assert_switched(UINT64_C(0x10000), true);
    assert_int_equal(step(CFI_SP, 8, 0), WALK_ODD);
}

// The host has unmapped it, past us: it ends there.
static void test_signal_stack_that_is_gone(void **state)
{
    (void)state;
    use_signal_stack(other, 0, WORDS + 1000);
    begin(other, WORDS - 4, FP);
    other[WORDS - 1] = OUTER_PC;
    assert_int_equal(step(CFI_SP, 32, 0), WALK_STEPPED);
    assert_fails(WALK_ODD, CFI_SP, 80, 0);
}

// The handler's frames end with the signal stack, although the thread's stack goes on.
static void test_signal_stack_inside_the_own(void **state)
{
    (void)state;
    use_signal_stack(own, 100, 200);
    begin(own, 250, FP);
    own[299] = OUTER_PC;
    assert_int_equal(step(CFI_SP, 50 * 8, 0), WALK_STEPPED);
    begin(own, 250, FP);
    assert_fails(WALK_ODD, CFI_SP, 51 * 8, 0);
    begin(own, 110, FP);
    interrupted(own + 110, OUTER_PC, at(own, 20), OUTER_FP); // another stack: it may lie anywhere
    assert_switched(at(own, 20), false);
    own[400] = PC;
    assert_int_equal(step(CFI_SP, 381 * 8, 0), WALK_STEPPED); // over the signal stack
}

// A function restores its caller's frame pointer and returns; between the two gcc's tables say that
// it still lies where it was saved. It does: a handler leaves 128 bytes alone.
static void test_interrupted_before_the_return(void **state)
{
    (void)state;
    begin(own, 10, FP);
    interrupted(own + 10, OUTER_PC, at(own, 500), OUTER_FP);
    assert_switched(at(own, 500), false);
    own[499] = OUTER_FP;
    own[500] = PC;
    assert_int_equal(step(CFI_SP, 8, 2), WALK_STEPPED);
    assert_walk(PC, at(own, 501), OUTER_FP);
    use_signal_stack(other, 0, WORDS);
    begin(other, 10, FP);
    interrupted(other + 10, OUTER_PC, at(own, 0), OUTER_FP);
    assert_switched(at(own, 0), false);
    own[0] = PC;
    assert_int_equal(step(CFI_SP, 8, 2), WALK_ODD); // there the stack ends
}

// --- code without tables

static void test_chain_of_frame_pointers(void **state)
{
    (void)state;
    own[20] = at(own, 30);
    own[21] = OUTER_PC;
    begin(own, 10, at(own, 20));
    assert_int_equal(step(CFI_NONE, 0, 0), WALK_SWITCHED);
    assert_walk(OUTER_PC, at(own, 22), at(own, 30));
    own[31] = 0;
    assert_int_equal(step(CFI_NONE, 0, 0), WALK_END);
    begin(own, 10, 0);
    assert_int_equal(step(CFI_NONE, 0, 0), WALK_END);
    begin(own, 10, at(own, 9)); // inside of the frame
    assert_fails(WALK_BROKEN, CFI_NONE, 0, 0);
    begin(own, 10, at(own, WORDS - 1)); // half of it
    assert_fails(WALK_BROKEN, CFI_NONE, 0, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_by_sp),
        TEST(test_by_sp_with_fp),
        TEST(test_by_fp),
        TEST(test_realigned),
        TEST(test_ends),
        TEST(test_not_for_us),
        TEST(test_end_of_the_own_stack),
        TEST(test_must_grow),
        TEST(test_wild_frame_pointers),
        TEST(test_misaligned),
        TEST(test_foreign_stack),
        TEST(test_foreign_stack_ends_at_once),
        TEST(test_unknown_bounds),
        TEST(test_handler_on_the_own_stack),
        TEST(test_handler_on_the_signal_stack),
        TEST(test_signal_stack_that_is_gone),
        TEST(test_signal_stack_inside_the_own),
        TEST(test_interrupted_before_the_return),
        TEST(test_chain_of_frame_pointers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
