// SPDX-License-Identifier: MIT
//
// preload_stack_memo_test.c - a memo of made-up frames over an array of words: what it says is
// equal is equal, and what differs is found where it differs. A reader that comes after any
// instruction of a change finds the old stack, the new one, or nothing.
#include "preload/modules.h"
#include "preload/stack_capture.h"
#include "preload/stack_memo.h"
#include "tests/unit/preload_steps.h"
#include "tests/unit/preload_support.h"

#include <string.h>

#define FRAMES 40
#define FRAMES_MAX 1024
#define READS_MAX (3 * FRAMES_MAX)

static uintptr_t words[READS_MAX];
static struct stack_memo memo;

// Of frame i, counted from the innermost: pc, sp, number of words its step read.
static uintptr_t pc_of(size_t i)
{
    return 0x1000 + 16 * i;
}

static uintptr_t sp_of(size_t i)
{
    return (uintptr_t)&words[3 * i];
}

static size_t reads_of(size_t i)
{
    return i % 4; // 0 as of a frame that ends a stack
}

static struct memo_frame frame_of(size_t i, uint32_t stack, bool fp_matters)
{
    return (struct memo_frame){
        pc_of(i),  sp_of(i), 0x7000 + i, stack, (uint16_t)(memo.reads_first - memo.reads),
        fp_matters};
}

static void add_reads(size_t i)
{
    for (size_t read = reads_of(i); read-- > 0;)
        stack_memo_add_read(&memo, (uintptr_t)&words[3 * i + read], words[3 * i + read]);
}

// Remembers frames `inner` to FRAMES - 1 afresh, `keep` and what is outward of it as they are.
static void remember(size_t inner, size_t keep, uint32_t stack)
{
    struct memo_frame *outer = memo.frames_end - (FRAMES - keep);

    stack_memo_cut(&memo, outer);
    for (size_t i = keep; i-- > inner;) {
        add_reads(i);
        *--outer = frame_of(i, stack + (uint32_t)i, i % 2);
    }
    stack_memo_finish(&memo, outer);
}

static const struct memo_frame *remembered(size_t i)
{
    return memo.frames_end - (FRAMES - i);
}

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < READS_MAX; i++)
        words[i] = 0x9000 + i;
    memset(&memo, 0, sizeof(memo));
    stack_memo_clear(&memo);
    assert_true(stack_memo_reserve(&memo, FRAMES));
    return 0;
}

static void test_without_memory(void **state)
{
    struct stack_memo empty = {0};

    (void)state;
    stack_memo_clear(&empty);
    assert_ptr_equal(empty.inner, &stack_memo_sentinel);
    assert_int_equal(empty.inner->pc, 0);
    assert_int_equal(empty.inner->sp, UINTPTR_MAX); // no frame lies outward
    assert_false(memo_frame_is(empty.inner, 0x1000, sp_of(0), 0));
}

static void test_empty(void **state)
{
    (void)state;
    assert_ptr_equal(memo.inner, memo.frames_end);
    assert_int_equal(memo.inner->sp, UINTPTR_MAX);
    assert_int_equal(memo.frames_end - memo.frames, FRAMES);
    assert_true(memo.reads_end - memo.reads >= 3 * FRAMES);
    remember(FRAMES, FRAMES, 1); // a stack of no frames
    assert_ptr_equal(memo.inner, memo.frames_end);
}

static void test_frame_is(void **state)
{
    const struct memo_frame with = {1, 2, 3, 4, 5, true}, without = {1, 2, 3, 4, 5, false};

    (void)state;
    assert_true(memo_frame_is(&with, 1, 2, 3));
    assert_false(memo_frame_is(&with, 1, 2, 4));
    assert_true(memo_frame_is(&without, 1, 2, 4));
    assert_false(memo_frame_is(&without, 0, 2, 3));
    assert_false(memo_frame_is(&without, 1, 0, 3));
}

static void test_compare(void **state)
{
    (void)state;
    remember(0, FRAMES, 1);
    for (size_t i = 0; i < FRAMES; i++)
        assert_ptr_equal(stack_memo_compare(&memo, remembered(i)), memo.reads_end);
}

// Each word in turn differs: from the frames inward of it that is seen, from those outward not.
static void test_compare_finds_the_difference(void **state)
{
    (void)state;
    remember(0, FRAMES, 1);
    for (size_t reader = 0; reader < FRAMES; reader++)
        for (size_t read = 0; read < reads_of(reader); read++) {
            uintptr_t *word = &words[3 * reader + read];

            (*word)++;
            for (size_t i = 0; i < FRAMES; i++) {
                const struct memo_read *difference = stack_memo_compare(&memo, remembered(i));

                if (i > reader) {
                    assert_ptr_equal(difference, memo.reads_end);
                    continue;
                }
                assert_ptr_equal(difference->address, word);
                assert_ptr_equal(stack_memo_reader(&memo, remembered(i), difference),
                                 remembered(reader));
            }
            (*word)--;
        }
}

// Nothing behind a difference is read: there may be no stack any more.
static void test_first_difference_ends_it(void **state)
{
    (void)state;
    remember(0, FRAMES, 1);
    for (struct memo_read *read = memo.reads_end - 1; read > memo.reads_end - 20; read--)
        read->address = (const uintptr_t *)8;
    words[3]++;
    assert_ptr_equal(stack_memo_compare(&memo, remembered(0))->address, &words[3]);
    words[3]--;
}

static void test_outer_frames_stay(void **state)
{
    struct random random = {3};

    (void)state;
    remember(0, FRAMES, 100);
    for (unsigned round = 0; round < 2000; round++) {
        size_t keep = random_below(&random, FRAMES + 1);

        for (size_t i = 0; i < 3 * keep; i++)
            words[i] = random_next(&random);
        assert_true(keep == FRAMES ||
                    stack_memo_compare(&memo, remembered(keep)) == memo.reads_end);
        remember(0, keep, 100);
        for (size_t i = 0; i < FRAMES; i++) {
            assert_int_equal(remembered(i)->pc, pc_of(i));
            assert_int_equal(remembered(i)->stack, 100 + i);
            assert_ptr_equal(stack_memo_compare(&memo, remembered(i)), memo.reads_end);
        }
    }
}

// As many frames as the option allows, each with all reads a step can have.
static void test_full(void **state)
{
    struct memo_frame *outer;

    (void)state;
    memset(&memo, 0, sizeof(memo));
    assert_true(stack_memo_reserve(&memo, FRAMES_MAX));
    outer = memo.frames_end;
    stack_memo_cut(&memo, outer);
    for (size_t i = FRAMES_MAX; i-- > 0;) {
        for (size_t read = 3; read-- > 0;)
            stack_memo_add_read(&memo, (uintptr_t)&words[3 * i + read], words[3 * i + read]);
        *--outer = frame_of(i, 1, true);
    }
    stack_memo_finish(&memo, outer);
    assert_ptr_equal(memo.inner, memo.frames);
    assert_ptr_equal(memo.reads_first, memo.reads);
    assert_int_equal(memo.frames_end->sp, UINTPTR_MAX);
    assert_ptr_equal(stack_memo_compare(&memo, memo.inner), memo.reads_end);
    for (size_t word = 0; word < READS_MAX; word++) {
        const struct memo_read *difference;

        words[word]++;
        difference = stack_memo_compare(&memo, memo.inner);
        words[word]--;
        assert_int_equal(difference - memo.reads, word);
        assert_int_equal(stack_memo_reader(&memo, memo.inner, difference) - memo.inner, word / 3);
    }
}

static void test_clear(void **state)
{
    (void)state;
    remember(0, FRAMES, 1);
    stack_memo_clear(&memo);
    assert_ptr_equal(memo.inner, memo.frames_end);
}

// --- a handler that jumps out of a change after any instruction leaves what it finds there

static unsigned old_seen, new_seen, none_seen, wrong_seen;
static uintptr_t kept_word; // of the word that the old stack and the new one have two values of

// The innermost frame: the old stack's id only with the old word, the new one's with the new.
static void look(void)
{
    const struct memo_frame *frame = memo.inner;
    uintptr_t now = words[3];

    if (!frame->pc) {
        none_seen++;
        return;
    }
    for (uintptr_t i = 0; i < 2; i++) {
        words[3] = kept_word + i;
        if (stack_memo_compare(&memo, frame) != memo.reads_end)
            continue;
        old_seen += frame->stack == 100 && i == 0;
        new_seen += frame->stack == 200 && i == 1;
        wrong_seen += frame->stack != 100 + 100 * i;
    }
    words[3] = now;
}

static void change(void)
{
    remember(0, 10, 200);
}

static void test_jump_out_of_a_change(void **state)
{
    (void)state;
    remember(0, FRAMES, 100);
    old_seen = new_seen = none_seen = wrong_seen = 0;
    kept_word = words[3]++;
    steps_run(change, look);
    assert_int_equal(wrong_seen, 0);
    assert_true(old_seen > 0 && none_seen > 50 && new_seen > 0);
}

static struct stack_capture_state captures;
static unsigned stale_seen;

// Once the generation is the new one, nothing of an older one is left.
static void look_for_stale(void)
{
    if (captures.generation != modules_generation())
        return;
    for (int i = 0; i < STACK_MEMOS; i++)
        stale_seen += captures.memos[i].inner->pc != 0;
    stale_seen += captures.shortcuts.epoch == 7;
}

static void begin(void)
{
    stack_capture_begin_thread(&captures);
}

static void test_jump_out_of_a_new_generation(void **state)
{
    static struct memo_frame inner = {.pc = 0x1000};

    (void)state;
    memset(&captures, 0, sizeof(captures));
    for (int i = 0; i < STACK_MEMOS; i++)
        captures.memos[i].inner = &inner;
    captures.shortcuts.epoch = 7;
    captures.generation = modules_generation() - 1;
    stale_seen = 0;
    assert_true(steps_run(begin, look_for_stale) > 5);
    assert_int_equal(captures.generation, modules_generation());
    assert_ptr_equal(captures.memos[0].inner, &stack_memo_sentinel);
    assert_int_equal(stale_seen, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_without_memory),
        TEST(test_empty),
        TEST(test_frame_is),
        TEST(test_compare),
        TEST(test_compare_finds_the_difference),
        TEST(test_first_difference_ends_it),
        TEST(test_outer_frames_stay),
        TEST(test_full),
        TEST(test_clear),
        TEST(test_jump_out_of_a_change),
        TEST(test_jump_out_of_a_new_generation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
