// SPDX-License-Identifier: MIT
//
// preload_guard_test.c - who may enter a hook: not what a hook itself calls, nor a handler that
// interrupted one; but anyone after a jump out of a hook.
#include "preload/guard.h"
#include "tests/unit/preload_support.h"

#include <alloca.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noclone))

static int tear_down(void **state)
{
    (void)state;
    guard_sp = 0;
    return 0;
}

static NOINLINE bool enter_here(bool leave)
{
    bool is_entered = guard_enter();

    if (is_entered && leave)
        guard_leave();
    return is_entered;
}

// As if called by code that lies `depth_bytes` further inside.
static NOINLINE bool enter_inside(size_t depth_bytes)
{
    volatile char *frame = alloca(depth_bytes);
    bool is_entered;

    frame[0] = frame[depth_bytes - 1] = 1;
    is_entered = enter_here(false);
    frame[0] = 2; // keeps the frame
    return is_entered;
}

static void test_enter_and_leave(void **state)
{
    (void)state;
    assert_false(guard_is_held());
    assert_true(guard_enter());
    assert_true(guard_is_held());
    guard_leave();
    assert_false(guard_is_held());
    assert_true(guard_enter());
    guard_leave();
}

static void test_held_inside(void **state)
{
    static const size_t depths[] = {512, 1000, 5000, 100000};

    (void)state;
    assert_true(guard_enter());
    uintptr_t hook = guard_sp;
    for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
        assert_false(enter_inside(depths[i]));
        assert_int_equal(guard_sp, hook);
    }
    guard_leave();
}

static jmp_buf outside;

static NOINLINE void jump_out_of_a_hook(void)
{
    volatile char *frame = alloca(4096);

    frame[0] = 1;
    guard_enter();
    longjmp(outside, frame[0]);
}

static void test_stale_after_a_jump(void **state)
{
    (void)state;
    if (setjmp(outside) == 0)
        jump_out_of_a_hook();
    assert_true(guard_is_held());
    assert_true(guard_enter()); // further outside: that hook is no more
    assert_true(guard_sp > arch_stack_pointer() - 4096);
    guard_leave();
}

// The next hook has the very same frame as the one that was left by a jump.
static void test_stale_at_the_same_place(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_true(enter_here(false));
    assert_true(enter_here(true));
    assert_false(guard_is_held());
}

static void test_stale_by_distance(void **state)
{
    uintptr_t sp = arch_stack_pointer();

    (void)state;
    guard_sp = sp + 192;
    assert_false(guard_is_stale(sp));
    guard_sp = sp + 191;
    assert_true(guard_is_stale(sp));
    guard_sp = sp + (64u << 20) - 1;
    assert_false(guard_is_stale(sp));
    guard_sp = sp + (64u << 20); // another stack
    assert_true(guard_is_stale(sp));
    guard_sp = sp;
    assert_true(guard_is_stale(sp));
    guard_sp = sp - 1000;
    assert_true(guard_is_stale(sp));
}

static void test_pinned(void **state)
{
    struct guard_pin before;
    uintptr_t hook;

    (void)state;
    assert_true(guard_enter());
    hook = guard_sp;
    sampler_countdown = 5;
    before = guard_pin();
    assert_true(guard_is_held());
    assert_int_equal(sampler_countdown, 0);
    assert_false(enter_inside(512));
    assert_false(guard_is_stale(hook + 100000)); // outside of the hook
    assert_false(guard_is_stale(64));            // on whatever stack
    guard_unpin(before);
    assert_int_equal(guard_sp, hook);
    assert_int_equal(sampler_countdown, 5);
    assert_false(enter_inside(512));
    guard_leave();
}

static volatile sig_atomic_t handler_ran, handler_entered;

static void handler(int signal)
{
    (void)signal;
    handler_ran = 1;
    handler_entered = guard_enter();
    if (handler_entered)
        guard_leave();
}

static void install(int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

    handler_ran = handler_entered = 0;
    sigaction(SIGUSR1, &action, NULL);
}

// A signal stack that lies outside of the thread's own, whose addresses say nothing.
static void use_signal_stack(void *stack, size_t bytes)
{
    stack_t signal_stack = {.ss_sp = stack, .ss_size = bytes, .ss_flags = stack ? 0 : SS_DISABLE};

    assert_int_equal(sigaltstack(&signal_stack, NULL), 0);
}

static void test_handler_in_a_hook(void **state)
{
    (void)state;
    install(0);
    assert_true(guard_enter());
    raise(SIGUSR1);
    assert_true(guard_is_held());
    guard_leave();
    assert_true(handler_ran);
    assert_false(handler_entered);
}

static void check_handler_on_signal_stack(bool is_in_hook)
{
    size_t bytes = 64u << 10;
    char *stack = malloc(bytes);

    use_signal_stack(stack, bytes);
    install(SA_ONSTACK);
    if (is_in_hook)
        assert_true(guard_enter());
    raise(SIGUSR1);
    guard_leave();
    use_signal_stack(NULL, 0);
    free(stack);
    assert_true(handler_ran);
    assert_int_equal(handler_entered, !is_in_hook);
}

static void test_handler_on_signal_stack(void **state)
{
    (void)state;
    check_handler_on_signal_stack(false);
    check_handler_on_signal_stack(true);
}

static bool thread_entered[THREADS];

static void enter_in_thread(unsigned thread)
{
    thread_entered[thread] = guard_enter();
    guard_leave();
}

static void test_threads_have_their_own(void **state)
{
    (void)state;
    assert_true(guard_enter());
    run_threads(enter_in_thread);
    for (unsigned i = 0; i < THREADS; i++)
        assert_true(thread_entered[i]);
    assert_true(guard_is_held());
    guard_leave();
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_enter_and_leave),        TEST(test_held_inside),
        TEST(test_stale_after_a_jump),     TEST(test_stale_at_the_same_place),
        TEST(test_stale_by_distance),      TEST(test_pinned),
        TEST(test_handler_in_a_hook),      TEST(test_handler_on_signal_stack),
        TEST(test_threads_have_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
