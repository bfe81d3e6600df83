// SPDX-License-Identifier: MIT
//
// preload_stack_capture_test.c - memo and shortcuts against the plain truth: stacks in an array,
// full of words that may be return addresses, frame pointers or neither, under rules made up for
// each "address". A few words change between two captures; each must give what a walk from scratch
// gives. So it does after a handler jumped out of the capture before, at any instruction. And
// stacks of an earlier moment, put together from a later one.
#include "preload/arch/stack.h"
#include "preload/modules.h"
#include "preload/options.h"
#include "preload/profile_writer.h"
#include "preload/rule_cache.h"
#include "preload/stack_capture.h"
#include "preload/stack_table.h"
#include "preload/stack_walk.h"
#include "preload/thread_table.h"
#include "tests/unit/preload_steps.h"
#include "tests/unit/preload_support.h"

#include <string.h>
#include <sys/mman.h>

#define WORDS 120
#define FIRST 40 // what lies below are hooks' frames
#define PCS 24
#define FRAMES_MAX 64
#define PAGE ((size_t)4096)

static uintptr_t *words; // up to the end of a page, with a hole behind it
static struct cfi_rule rules[PCS];
static struct thread_state self;
static struct random noise;
static const struct host_frame *caller;

static uintptr_t pc_of(uint32_t index)
{
    return 0x100000 + 64 * (uintptr_t)index;
}

// As if the rule of the call before the address had been looked up.
static void remember_rule_of(uintptr_t pc, struct cfi_rule rule)
{
    uint64_t key = rule_cache_key(pc, false);
    uint64_t offset = (uint64_t)(rule.offset / 8) & ((1u << RULE_OFFSET_BITS) - 1);

    rule_cache_set(key)[0] = key >> RULE_SET_BITS << RULE_BITS |
                             offset << (RULE_SLOT_BITS + RULE_KIND_BITS) |
                             (uint64_t)rule.fp_slot << RULE_KIND_BITS | (uint64_t)rule.kind;
}

static void remember_rule(uint32_t index, struct cfi_rule rule)
{
    rules[index] = rule;
    remember_rule_of(pc_of(index), rule);
}

static struct cfi_rule random_rule(void)
{
    int32_t words_of_frame = 1 + (int32_t)random_below(&noise, 4);

    switch (random_below(&noise, 12)) {
    case 0:
        return (struct cfi_rule){CFI_FP, 16, 2};
    case 1:
        return (struct cfi_rule){CFI_FP, 8 * (1 + words_of_frame), 0};
    case 2:
        return (struct cfi_rule){CFI_FP_DEREF, -8, 0};
    case 3:
        return (struct cfi_rule){CFI_END, 0, 0};
    case 4:
    case 5:
    case 6:
    case 7:
        return (struct cfi_rule){CFI_SP, 8 * (1 + words_of_frame), 2};
    default:
        return (struct cfi_rule){CFI_SP, 8 * words_of_frame, 0};
    }
}

static uintptr_t random_word(void)
{
    switch (random_below(&noise, 6)) {
    case 0:
        return (uintptr_t)&words[FIRST + random_below(&noise, WORDS - FIRST)];
    case 1:
        return random_below(&noise, 8) ? (uintptr_t)&words[WORDS - 10] : 0;
    default:
        return pc_of(random_below(&noise, PCS));
    }
}

static void map_words(void)
{
    char *pages = mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(pages != MAP_FAILED);
    assert_int_equal(mprotect(pages, PAGE, PROT_READ | PROT_WRITE), 0);
    words = (uintptr_t *)(pages + PAGE) - WORDS;
}

static int set_up(void **state)
{
    preload_profile_open(state);
    map_words();
    memset(&self, 0, sizeof(self));
    self.stack_low = (uintptr_t)words;
    self.stack_high = (uintptr_t)(words + WORDS);
    stack_capture_begin_thread(&self.stacks);
    noise.state = 1;
    for (uint32_t i = 0; i < PCS; i++)
        remember_rule(i, random_rule());
    for (size_t i = 0; i < WORDS; i++)
        words[i] = random_word();
    return 0;
}

static int tear_down(void **state)
{
    munmap((char *)(words + WORDS) - PAGE, 2 * PAGE);
    return preload_profile_close(state);
}

static bool has_marker(uint32_t stack)
{
    while (stack_table_take_frame(&stack))
        continue;
    return stack != 0;
}

// The stack, from scratch.
struct true_stack {
    uintptr_t pcs[WORDS];
    size_t count;
    uint32_t whole; // 0: it has more than max_frames
};

// False: nothing of ours.
static bool walk_truly(struct true_stack *stack)
{
    struct stack_walk walk;
    enum walk_step step = WALK_STEPPED;

    stack_walk_init(&walk, &self, caller->pc, host_frame_sp(caller), caller->fp);
    stack->count = stack->whole = 0;
    while (step == WALK_STEPPED) {
        stack->pcs[stack->count++] = walk.pc;
        step = stack_walk_step(&walk, rules[(walk.pc - pc_of(0)) / 64 % PCS]);
        if (step == WALK_STEPPED && (walk.pc - pc_of(0) >= 64 * PCS || walk.pc % 64))
            return false; // code without tables
    }
    if (stack->count > options.max_frames)
        return true;
    if (step == WALK_ODD) // for libunwind, which is not there
        stack->whole = stack_table_intern(stack->pcs, 1, PROFILE_MARKER_STARTUP);
    else
        stack->whole = stack_table_intern(stack->pcs, stack->count, 0);
    return true;
}

// Of a stack with too many frames the innermost: half of max_frames or more.
static bool is_cut(uint32_t stack, const struct true_stack *truth)
{
    bool is_marked = has_marker(stack);
    size_t count = 0;
    uintptr_t pc;

    while ((pc = stack_table_take_frame(&stack)) != 0)
        if (pc != truth->pcs[count++])
            return false;
    return is_marked && count <= options.max_frames && count >= options.max_frames / 2;
}

static bool is_true(uint32_t stack)
{
    struct true_stack truth;

    assert_true(walk_truly(&truth));
    if (truth.whole && stack == truth.whole)
        return true;
    // nearly too many, and more when the memo was made: what it hides is not compared
    return truth.count + options.max_frames / 4 > options.max_frames && is_cut(stack, &truth);
}

// Another event: from one of a few places, with some words changed, or all from there on, or none.
static void next_event(void)
{
    uint32_t place = FIRST + random_below(&noise, 4), pc = random_below(&noise, 6);
    struct true_stack truth;

    for (uint32_t changes = random_below(&noise, 4); changes > 0; changes--)
        words[FIRST + random_below(&noise, WORDS - FIRST)] = random_word();
    words[place - 2] = random_below(&noise, 4) ? (uintptr_t)&words[WORDS - 10] : random_word();
    words[place - 1] = pc_of(pc);
    caller = (const struct host_frame *)&words[place - 2];
    if (!walk_truly(&truth))
        next_event();
}

static void check_events(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        next_event();
        for (uint32_t times = 1 + random_below(&noise, 3); times > 0; times--)
            assert_true(is_true(stack_capture(&self, caller)));
    }
}

static void check_frames_max(unsigned frames_max)
{
    options.max_frames = frames_max;
    stack_capture_begin_thread(&self.stacks);
    for (unsigned round = 0; round < 400; round++) {
        check_events(200);
        for (uint32_t i = 0; i < PCS; i++) // other code, at a new time
            remember_rule(i, random_rule());
        stack_capture_begin_thread(&self.stacks);
    }
}

static void test_against_truth(void **state)
{
    (void)state;
    check_frames_max(FRAMES_MAX);
    assert_int_equal(profile_header->truncated_stacks, 0);
}

static void test_truncated_against_truth(void **state)
{
    (void)state;
    check_frames_max(6);
    assert_true(profile_header->truncated_stacks > 1000);
}

static void test_one_frame_against_truth(void **state)
{
    (void)state;
    check_frames_max(1);
}

static void test_unknown_stack_against_truth(void **state)
{
    (void)state;
    self.stack_low = self.stack_high = 0;
    options.max_frames = 6;
    check_events(20000);
}

// What was there may have come since: nothing is said of it.
static uint32_t returned(uintptr_t pc)
{
    return stack_table_intern(&pc, 1, PROFILE_MARKER_RETURNED);
}

// Then the memo is of that stack, whatever was captured before: also of the same stack elsewhere.
static void test_fresh_against_truth(void **state)
{
    unsigned whole = 0;

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t stack, outer;

        next_event();
        if (random_below(&noise, 2))
            stack_capture(&self, caller);
        next_event();
        stack = stack_capture_fresh(&self, caller);
        assert_true(is_true(stack));
        if (has_marker(stack))
            continue;
        whole++;
        assert_int_equal(self.stacks.memos[0].inner->stack, stack);
        outer = stack;
        stack_table_take_frame(&outer);
        assert_int_equal(stack_capture_earlier(&self, caller->pc, host_frame_sp(caller)),
                         returned(caller->pc));
    }
    assert_true(whole > 1000);
}

// --- earlier stacks
//
// The stack of words: the outermost function `start` called `outer`, and that `inner`, whose code
// at INNER called a hook. Later the stack is another one. INNER and INNER_LATER are in one function
// of this program, OTHER in another; what rules they have is made up.

#define INNER ((uintptr_t)rule_cache_clear + 3)
#define INNER_LATER ((uintptr_t)rule_cache_clear + 5)
#define OTHER ((uintptr_t)stack_table_reset + 3)
#define OUTER pc_of(0)
#define START pc_of(1)
enum { INNER_AT = 80, OUTER_AT = 84, START_AT = 100 }; // their stack pointers

static uint32_t capture_at(size_t place, uintptr_t pc)
{
    words[place - 2] = 0;
    words[place - 1] = pc;
    caller = (const struct host_frame *)&words[place - 2];
    return stack_capture_fresh(&self, caller);
}

// A frame between two places, and what its caller's code is.
static void push_frame(uintptr_t pc, size_t place, size_t end, uintptr_t return_pc)
{
    remember_rule_of(pc, (struct cfi_rule){CFI_SP, (int32_t)(8 * (end - place)), 0});
    words[end - 1] = return_pc;
}

static int set_up_earlier(void **state)
{
    set_up(state);
    modules_init();
    memset(words, 0, WORDS * sizeof(words[0]));
    remember_rule_of(START, (struct cfi_rule){CFI_END, 0, 0});
    push_frame(OUTER, OUTER_AT, START_AT, START);
    push_frame(INNER, INNER_AT, OUTER_AT, OUTER);
    return 0;
}

static uint32_t stack_of(size_t count, const uintptr_t *pcs)
{
    return stack_table_intern(pcs, count, 0);
}
#define STACK(...)                                                                                 \
    stack_of(sizeof((uintptr_t[]){__VA_ARGS__}) / sizeof(uintptr_t), (uintptr_t[]){__VA_ARGS__})

static uint32_t earlier(void)
{
    return stack_capture_earlier(&self, INNER, (uintptr_t)&words[INNER_AT]);
}

// It may have returned and been called again.
static void test_earlier_at_the_same_place(void **state)
{
    (void)state;
    assert_int_equal(capture_at(INNER_AT, INNER), STACK(INNER, OUTER, START));
    assert_int_equal(earlier(), returned(INNER));
}

static void test_earlier_further_on(void **state)
{
    (void)state;
    push_frame(INNER_LATER, INNER_AT, OUTER_AT, OUTER);
    assert_int_equal(capture_at(INNER_AT, INNER_LATER), STACK(INNER_LATER, OUTER, START));
    assert_int_equal(earlier(), STACK(INNER, OUTER, START));
}

// The function has called another one, which waits.
static void test_earlier_further_in(void **state)
{
    (void)state;
    push_frame(INNER_LATER, INNER_AT, OUTER_AT, OUTER);
    push_frame(OTHER, INNER_AT - 10, INNER_AT, INNER_LATER);
    assert_int_equal(capture_at(INNER_AT - 10, OTHER), STACK(OTHER, INNER_LATER, OUTER, START));
    assert_int_equal(earlier(), STACK(INNER, OUTER, START));
}

// Its stack pointer has moved: alloca, or arguments.
static void test_earlier_with_another_frame(void **state)
{
    (void)state;
    push_frame(INNER_LATER, INNER_AT - 4, OUTER_AT, OUTER);
    push_frame(OTHER, INNER_AT - 10, INNER_AT - 4, INNER_LATER);
    assert_int_equal(capture_at(INNER_AT - 10, OTHER), STACK(OTHER, INNER_LATER, OUTER, START));
    assert_int_equal(earlier(), STACK(INNER, OUTER, START));
}

static void test_earlier_returned(void **state)
{
    uint32_t outer = capture_at(OUTER_AT, OUTER);

    (void)state;
    assert_int_equal(outer, STACK(OUTER, START));
    assert_int_equal(earlier(), returned(INNER));
}

static void test_earlier_returned_and_another_called(void **state)
{
    (void)state;
    push_frame(OTHER, INNER_AT - 10, OUTER_AT, OUTER);
    assert_int_equal(capture_at(INNER_AT - 10, OTHER), STACK(OTHER, OUTER, START));
    assert_int_equal(earlier(), returned(INNER));
}

// "The frames outward of `sp` are the same." A frame at `sp` that is another function's is none of
// those: it did not call what was called from the one that has returned.
static void test_earlier_returned_and_another_in_its_place(void **state)
{
    (void)state;
    push_frame(OTHER, INNER_AT, OUTER_AT, OUTER);
    assert_int_equal(capture_at(INNER_AT, OTHER), STACK(OTHER, OUTER, START));
    assert_int_equal(earlier(), returned(INNER));
}

static void test_earlier_returned_from_all(void **state)
{
    (void)state;
    capture_at(START_AT, START);
    assert_int_equal(earlier(), returned(INNER));
}

// Nothing is known of the rest: no stack yet, another unwinder, or not the thread's own stack.
static void test_earlier_alone(void **state)
{
    uintptr_t pc = INNER;
    uint32_t alone = stack_table_intern(&pc, 1, PROFILE_MARKER_RETURNED);

    (void)state;
    assert_int_equal(earlier(), alone);
    capture_at(INNER_AT, INNER);
    assert_int_equal(stack_capture_earlier(&self, INNER, (uintptr_t)&self), alone);
    options.unwind = UNWIND_LIBUNWIND;
    assert_int_equal(earlier(), alone);
}

// --- jumps

// With AddressSanitizer most instructions are its own.
#ifdef __SANITIZE_ADDRESS__
enum { JUMPS_APART = 35, WATCHED = 100 };
#else
enum { JUMPS_APART = 7, WATCHED = 200 };
#endif

static sigjmp_buf ground;
static unsigned jump_at;

static void jump(void)
{
    if (steps_count == jump_at)
        siglongjmp(ground, 1);
}

static void capture(void)
{
    stack_capture(&self, caller);
}

// Whether it jumped: the capture had as many instructions.
static bool capture_until(unsigned instruction)
{
    jump_at = instruction;
    if (sigsetjmp(ground, 1))
        return true;
    steps_run(capture, jump);
    return false;
}

static void check_jumps(unsigned frames_max)
{
    unsigned jumps = 0;

    options.max_frames = frames_max;
    for (unsigned round = 0; round < 2; round++) {
        check_events(100);
        for (unsigned instruction = 1; instruction < 1500;
             instruction += 1 + random_below(&noise, JUMPS_APART)) {
            next_event();
            jumps += capture_until(instruction);
            check_events(2);
        }
    }
    assert_true(jumps > 50);
}

static void test_jumps(void **state)
{
    (void)state;
    check_jumps(FRAMES_MAX);
}

// Whether a memo is of a truncated stack belongs to it.
static void test_jumps_with_truncated_stacks(void **state)
{
    (void)state;
    check_jumps(6);
}

static unsigned untold;

// A memo that ends at a marker says that there are more frames.
static void look_at_memo(void)
{
    const struct stack_memo *memo = &self.stacks.memos[0];

    untold += memo->inner->pc && has_marker(memo->inner->stack) && !memo->is_truncated;
}

static void test_jump_out_of_a_truncated_stack(void **state)
{
    (void)state;
    options.max_frames = 2;
    untold = 0;
    for (unsigned i = 0; i < WATCHED; i++) {
        next_event();
        steps_run(capture, look_at_memo);
    }
    assert_true(profile_header->truncated_stacks > 20);
    assert_int_equal(untold, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define EARLIER(name) cmocka_unit_test_setup_teardown(name, set_up_earlier, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_against_truth),
        TEST(test_truncated_against_truth),
        TEST(test_one_frame_against_truth),
        TEST(test_unknown_stack_against_truth),
        TEST(test_fresh_against_truth),
        EARLIER(test_earlier_at_the_same_place),
        EARLIER(test_earlier_further_on),
        EARLIER(test_earlier_further_in),
        EARLIER(test_earlier_with_another_frame),
        EARLIER(test_earlier_returned),
        EARLIER(test_earlier_returned_and_another_called),
        EARLIER(test_earlier_returned_and_another_in_its_place),
        EARLIER(test_earlier_returned_from_all),
        EARLIER(test_earlier_alone),
        TEST(test_jumps),
        TEST(test_jumps_with_truncated_stacks),
        TEST(test_jump_out_of_a_truncated_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
