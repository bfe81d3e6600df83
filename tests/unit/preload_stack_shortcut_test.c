// SPDX-License-Identifier: MIT
//
// preload_stack_shortcut_test.c - shortcuts over a made-up stack: one leads to its stack as long as
// every word, register and frame that it depends on is what it was, and nowhere else. A handler
// that jumps out after any instruction of making one leaves none that leads wrong.
#include "preload/stack_shortcut.h"
#include "tests/unit/preload_steps.h"
#include "tests/unit/preload_support.h"

#include <string.h>

#define FRAMES 12 // of one stack; the joint is frame JOINT of them
#define JOINT 4
#define WORDS 200000
#define PC UINT64_C(0x401000)
#define FP UINT64_C(0x7000)
#define STACK 100u

static uintptr_t words[WORDS];
static struct stack_memo memo;
static struct shortcut_table table;

static uintptr_t sp_of(size_t frame)
{
    return (uintptr_t)&words[10 * frame];
}

// Two words of each frame were read, fp matters to the odd ones. The ids of frames inward of the
// joint begin with `stack`.
static void remember(size_t inner, size_t keep, uint32_t stack)
{
    struct memo_frame *outer = memo.frames_end - (FRAMES - keep);

    stack_memo_cut(&memo, outer);
    for (size_t i = keep; i-- > inner;) {
        stack_memo_add_read(&memo, sp_of(i) + 72, words[10 * i + 9]);
        stack_memo_add_read(&memo, sp_of(i) + 16, words[10 * i + 2]);
        *--outer = (struct memo_frame){PC + i,
                                       sp_of(i),
                                       FP + i,
                                       stack + (uint32_t)i,
                                       (uint16_t)(memo.reads_first - memo.reads),
                                       i % 2};
    }
    stack_memo_finish(&memo, outer);
}

static const struct memo_frame *remembered(size_t frame)
{
    return memo.frames_end - (FRAMES - frame);
}

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < WORDS; i++)
        words[i] = 0x9000 + i;
    memset(&memo, 0, sizeof(memo));
    memset(&table, 0, sizeof(table));
    shortcut_table_clear(&table);
    assert_true(stack_memo_reserve(&memo, 600));
    remember(0, FRAMES, STACK);
    return 0;
}

// A table comes with the 64th wish for one.
static void add(size_t joint)
{
    for (int i = 0; i < 64; i++)
        shortcut_table_add(&table, &memo, remembered(joint));
}

static uint32_t find_at(size_t frame)
{
    return shortcut_table_find(&table, &memo, PC + frame, sp_of(frame), FP + frame);
}

static uint32_t find(void)
{
    return find_at(0);
}

static void test_no_table_yet(void **state)
{
    (void)state;
    assert_int_equal(find(), 0);
    for (int i = 0; i < 63; i++)
        shortcut_table_add(&table, &memo, remembered(JOINT));
    assert_int_equal(find(), 0);
    assert_int_equal(table.index_mask, 0);
    shortcut_table_add(&table, &memo, remembered(JOINT));
    assert_int_equal(find(), STACK);
}

static void test_by_way_of_the_joint(void **state)
{
    (void)state;
    add(JOINT);
    remember(JOINT - 1, JOINT, 500); // the memo has gone on to other inner frames
    assert_int_equal(find(), STACK);
    assert_int_equal(shortcut_table_find(&table, &memo, PC + 1, sp_of(0), FP), 0);
    assert_int_equal(shortcut_table_find(&table, &memo, PC, sp_of(0) + 8, FP), 0);
    assert_int_equal(shortcut_table_find(&table, &memo, PC, sp_of(1), FP), 0);
    assert_int_equal(find_at(1), 0);
}

static void test_fp_where_it_matters(void **state)
{
    (void)state;
    add(JOINT);
    assert_int_equal(shortcut_table_find(&table, &memo, PC, sp_of(0), FP + 99), STACK);
    remember(1, FRAMES, STACK);
    add(JOINT);
    assert_int_equal(find_at(1), STACK + 1);
    assert_int_equal(shortcut_table_find(&table, &memo, PC + 1, sp_of(1), FP + 99), 0);
}

// Words inward of the joint are compared by the shortcut, those outward by the memo; others are
// nobody's.
static void test_every_word(void **state)
{
    (void)state;
    add(JOINT);
    remember(2, JOINT, 500);
    for (size_t word = 0; word < 10 * FRAMES; word++) {
        words[word]++;
        assert_int_equal(find(), word % 10 == 2 || word % 10 == 9 ? 0 : STACK);
        words[word]--;
    }
    assert_int_equal(find(), STACK);
}

static void test_joint_is_another_frame(void **state)
{
    struct memo_frame *joint = (struct memo_frame *)remembered(JOINT);
    struct memo_frame kept = *joint;

    (void)state;
    add(JOINT);
    joint->stack++;
    assert_int_equal(find(), 0);
    *joint = kept;
    joint->sp += 8;
    assert_int_equal(find(), 0);
    *joint = kept;
    joint->fp++;
    assert_int_equal(find(), STACK);
    joint->fp_matters = true;
    assert_int_equal(find(), 0);
    *joint = kept;
    assert_int_equal(find(), STACK);
}

static void test_joint_is_gone(void **state)
{
    (void)state;
    add(JOINT);
    memo.inner = remembered(JOINT);
    assert_int_equal(find(), STACK);
    memo.inner = remembered(JOINT + 1);
    assert_int_equal(find(), 0);
    stack_memo_clear(&memo);
    assert_int_equal(find(), 0);
}

static void test_without_joint(void **state)
{
    (void)state;
    remember(4, FRAMES, STACK); // 16 words to the end
    add(FRAMES);
    assert_int_equal(find_at(4), STACK + 4);
    stack_memo_clear(&memo);
    assert_int_equal(find_at(4), STACK + 4);
    words[10 * (FRAMES - 1) + 9]++;
    assert_int_equal(find_at(4), 0);
}

static void test_joint_is_the_hook(void **state)
{
    (void)state;
    add(0);
    assert_int_equal(find(), STACK);
    words[119]++;
    assert_int_equal(find(), 0);
}

static void test_clear(void **state)
{
    (void)state;
    add(JOINT);
    shortcut_table_clear(&table);
    assert_int_equal(find(), 0);
    shortcut_table_add(&table, &memo, remembered(JOINT));
    assert_int_equal(find(), STACK);
}

static void test_too_many_words(void **state)
{
    (void)state;
    remember(1, FRAMES, STACK);
    add(FRAMES); // 22 words
    assert_int_equal(find_at(1), 0);
    remember(2, FRAMES, STACK);
    add(FRAMES); // 20
    assert_int_equal(find_at(2), STACK + 2);
}

static void test_too_far(void **state)
{
    struct memo_read *last = memo.reads_end - 2 * (FRAMES - JOINT) - 1;

    (void)state;
    last->address = (const uintptr_t *)sp_of(0) + UINT16_MAX;
    last->value = *last->address;
    add(JOINT);
    assert_int_equal(find(), STACK);
    last->address++;
    last->value = *last->address;
    shortcut_table_clear(&table);
    shortcut_table_add(&table, &memo, remembered(JOINT));
    assert_int_equal(find(), 0);
    last->address = (const uintptr_t *)(sp_of(0) - 8); // below sp
    shortcut_table_add(&table, &memo, remembered(JOINT));
    assert_int_equal(find(), 0);
}

// The words of frame 1 differ: as many shortcuts of one hook frame as there are ways, then the
// oldest goes.
static void test_ways(void **state)
{
    const unsigned ways = SHORTCUT_WAYS;

    (void)state;
    for (unsigned i = 0; i <= ways; i++) {
        words[12] = i;
        remember(0, JOINT, STACK * (i + 1));
        if (i == 0)
            add(JOINT);
        else
            shortcut_table_add(&table, &memo, remembered(JOINT));
        for (unsigned j = 0; j <= i; j++) {
            words[12] = j;
            assert_int_equal(find(), i == ways && j == 0 ? 0 : STACK * (j + 1));
        }
    }
}

static void test_truncated(void **state)
{
    (void)state;
    memo.is_truncated = true;
    add(JOINT);
    assert_int_equal(find(), 0);
}

// The outermost index there is: a memo of 600 frames.
static void test_far_joint(void **state)
{
    struct memo_frame *outer = memo.frames_end;

    (void)state;
    stack_memo_cut(&memo, outer);
    for (size_t i = 600; i-- > 0;) {
        stack_memo_add_read(&memo, sp_of(i) + 16, words[10 * i + 2]);
        *--outer = (struct memo_frame){
            PC + i, sp_of(i), FP, 1 + (uint32_t)i, (uint16_t)(memo.reads_first - memo.reads),
            false};
    }
    stack_memo_finish(&memo, outer);
    for (int i = 0; i < 64; i++)
        shortcut_table_add(&table, &memo, memo.inner + 20);
    assert_int_equal(find(), 1);
    words[10 * 599 + 2]++;
    assert_int_equal(find(), 0);
}

// --- a handler that jumps out

#define OTHER_STACK 900u

static unsigned old_seen, new_seen, wrong_seen;

// The place is shared by two stacks of one hook, which differ in the word that the innermost frame
// read; each leads to its own stack or nowhere.
static void look(void)
{
    uintptr_t now = words[2];
    uint32_t with_old, with_new;

    words[2] = 1;
    with_old = find();
    words[2] = 2;
    with_new = find();
    words[2] = now;
    old_seen += with_old == STACK;
    new_seen += with_new == OTHER_STACK;
    wrong_seen += (with_old && with_old != STACK) || (with_new && with_new != OTHER_STACK);
}

static void replace(void)
{
    shortcut_table_add(&table, &memo, remembered(JOINT));
}

static void test_jump_out_of_adding(void **state)
{
    (void)state;
    words[2] = 1;
    remember(0, FRAMES, STACK);
    add(JOINT);
    words[2] = 2;
    remember(0, JOINT, OTHER_STACK);
    old_seen = new_seen = wrong_seen = 0;
    assert_true(steps_run(replace, look) > 100);
    assert_int_equal(wrong_seen, 0);
    assert_true(old_seen > 0 && new_seen > 0);
}

static void forget(void)
{
    shortcut_table_clear(&table);
}

static void test_jump_out_of_clearing(void **state)
{
    (void)state;
    words[2] = 1;
    remember(0, FRAMES, STACK);
    add(JOINT);
    old_seen = wrong_seen = 0;
    steps_run(forget, look);
    assert_int_equal(wrong_seen, 0);
    assert_int_equal(find(), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_no_table_yet),
        TEST(test_by_way_of_the_joint),
        TEST(test_fp_where_it_matters),
        TEST(test_every_word),
        TEST(test_joint_is_another_frame),
        TEST(test_joint_is_gone),
        TEST(test_without_joint),
        TEST(test_joint_is_the_hook),
        TEST(test_clear),
        TEST(test_too_many_words),
        TEST(test_too_far),
        TEST(test_ways),
        TEST(test_truncated),
        TEST(test_far_joint),
        TEST(test_jump_out_of_adding),
        TEST(test_jump_out_of_clearing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
