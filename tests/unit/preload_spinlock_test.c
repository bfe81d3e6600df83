// SPDX-License-Identifier: MIT
//
// preload_spinlock_test.c - the lock of the cold paths: excludes, blocks signals while it is held,
// gives the host's mask back, and gives up on a lock that nobody will give back.
#include "preload/spinlock.h"
#include "tests/unit/preload_support.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static bool is_blocked(int signal)
{
    sigset_t now;

    pthread_sigmask(SIG_BLOCK, NULL, &now);
    return sigismember(&now, signal) == 1;
}

static void set_mask(int blocked)
{
    sigset_t mask;

    sigemptyset(&mask);
    if (blocked)
        sigaddset(&mask, blocked);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    set_mask(0);
    return 0;
}

static void assert_mask_is(int blocked)
{
    for (int signal = 1; signal < 32; signal++)
        assert_int_equal(is_blocked(signal), signal == blocked);
}

static void test_signals_are_blocked_while_held(void **state)
{
    struct spinlock lock = {0};

    (void)state;
    set_mask(SIGUSR2);
    assert_true(spinlock_take(&lock));
    for (int signal = 1; signal < 32; signal++)
        assert_true(is_blocked(signal) || signal == SIGKILL || signal == SIGSTOP ||
                    signal == SIGTRAP); // who steps through himself would be killed
    assert_true(is_blocked(SIGRTMIN) && is_blocked(SIGRTMAX));
    spinlock_give(&lock);
    assert_mask_is(SIGUSR2);
}

static void test_nested_locks(void **state)
{
    struct spinlock outer = {0}, inner = {0};

    (void)state;
    set_mask(SIGUSR2);
    assert_true(spinlock_take(&outer));
    assert_true(spinlock_take(&inner));
    spinlock_give(&inner);
    assert_true(is_blocked(SIGUSR1));
    spinlock_give(&outer);
    assert_mask_is(SIGUSR2);
}

static struct spinlock shared;
static volatile sig_atomic_t caught;
static bool was_held_in_handler;

static void handler(int signal)
{
    (void)signal;
    was_held_in_handler = shared.is_taken;
    caught = caught + 1;
}

static void test_signal_waits_for_the_end(void **state)
{
    struct sigaction action = {.sa_handler = handler};

    (void)state;
    sigaction(SIGUSR1, &action, NULL);
    assert_true(spinlock_take(&shared));
    raise(SIGUSR1);
    assert_int_equal(caught, 0);
    spinlock_give(&shared);
    for (int i = 0; i < 1000 && !caught; i++)
        usleep(100); // ThreadSanitizer hands signals on in calls like this one
    assert_int_equal(caught, 1);
    assert_false(was_held_in_handler);
}

static void test_gives_up(void **state)
{
    struct spinlock lock = {.is_taken = 1};

    (void)state;
    set_mask(SIGUSR2);
    assert_false(spinlock_take(&lock));
    assert_mask_is(SIGUSR2);
    assert_int_equal(lock.is_taken, 1);
}

#define TURNS 20000
static unsigned counter, inside, meetings;

static void count(unsigned thread)
{
    (void)thread;
    for (unsigned i = 0; i < TURNS; i++) {
        if (!spinlock_take(&shared))
            continue;
        meetings += inside++;
        counter++;
        inside--;
        spinlock_give(&shared);
    }
}

static void test_threads(void **state)
{
    (void)state;
    run_threads(count);
    assert_int_equal(meetings, 0);
    assert_int_equal(counter, THREADS * TURNS);
    assert_int_equal(shared.is_taken, 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_signals_are_blocked_while_held),
        TEST(test_nested_locks),
        TEST(test_signal_waits_for_the_end),
        TEST(test_gives_up),
        TEST(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
