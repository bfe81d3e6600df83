// SPDX-License-Identifier: MIT
//
// preload_misuse_test.c - misuse of locks: once for each kind, lock and stack, with a count.
#include "preload/lock_use.h"
#include "preload/misuse.h"
#include "preload/profile_writer.h"
#include "preload/stack_table.h"
#include "tests/unit/preload_lock_support.h"

#define SPIN PROFILE_LOCK_SPIN

static struct lock_state *locks[3];

static int set_up(void **state)
{
    lock_set_up(state);
    for (uint64_t i = 0; i < 3; i++)
        locks[i] = lock_find_or_add(lock_threads[0], lock_address(i), SPIN, at(1));
    return 0;
}

static size_t count(void)
{
    lock_load();
    return lock_count_records(PROFILE_CHUNK_LOCK_MISUSES);
}

static const struct profile_lock_misuse *misuse_at(uint32_t id)
{
    return profile_copy_record(&lock_copy, PROFILE_CHUNK_LOCK_MISUSES, id);
}

static void test_report(void **state)
{
    const struct profile_lock_misuse *misuse;

    (void)state;
    misuse_report(lock_threads[1], PROFILE_MISUSE_UNLOCK_FOREIGN, locks[0], 7, 8, 5);
    assert_int_equal(count(), 1);
    misuse = misuse_at(1);
    assert_int_equal(misuse->kind, PROFILE_MISUSE_UNLOCK_FOREIGN);
    assert_int_equal(misuse->lock, locks[0]->id);
    assert_int_equal(misuse->stack, 7);
    assert_int_equal(misuse->other_stack, 8);
    assert_int_equal(misuse->thread, 2);
    assert_int_equal(misuse->owner, 5);
    assert_int_equal(misuse->count, 1);
    assert_int_equal(misuse->time_ns, lock_clock_ns);
}

static void test_once_for_kind_lock_and_stack(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        misuse_report(lock_threads[0], PROFILE_MISUSE_UNLOCK_FOREIGN, locks[0], 7, 8, 5);
        lock_clock_ns++;
    }
    misuse_report(lock_threads[1], PROFILE_MISUSE_UNLOCK_FOREIGN, locks[0], 7, 9, 6); // the same
    misuse_report(lock_threads[0], PROFILE_MISUSE_UNLOCK_UNHELD, locks[0], 7, 8, 5);
    misuse_report(lock_threads[0], PROFILE_MISUSE_UNLOCK_FOREIGN, locks[1], 7, 8, 5);
    misuse_report(lock_threads[0], PROFILE_MISUSE_UNLOCK_FOREIGN, locks[0], 8, 7, 5);
    assert_int_equal(count(), 4);
    assert_int_equal(misuse_at(1)->count, 11);
    assert_int_equal(misuse_at(1)->time_ns, lock_clock_ns - 10); // of the first, with the rest
    assert_int_equal(misuse_at(1)->thread, 1);
    assert_int_equal(misuse_at(1)->other_stack, 8);
    for (uint32_t id = 2; id <= 4; id++)
        assert_int_equal(misuse_at(id)->count, 1);
}

static void test_of_lock(void **state)
{
    (void)state;
    lock_acquired(lock_threads[2], lock_address(0), SPIN, 0, at(50));
    misuse_of_lock(lock_threads[0], PROFILE_MISUSE_DESTROY_HELD, locks[0], at(7));
    lock_released(lock_threads[2], lock_address(0), SPIN, at(51));
    misuse_of_lock(lock_threads[0], PROFILE_MISUSE_UNLOCK_UNHELD, locks[0], at(8));
    assert_int_equal(count(), 2);
    assert_int_equal(misuse_at(1)->kind, PROFILE_MISUSE_DESTROY_HELD);
    assert_int_equal(misuse_at(1)->stack, 7);
    assert_int_equal(misuse_at(1)->other_stack, 50);
    assert_int_equal(misuse_at(1)->owner, 3);
    assert_int_equal(misuse_at(1)->thread, 1);
    assert_int_equal(misuse_at(2)->owner, 0);
    assert_int_equal(misuse_at(2)->other_stack, 0);
}

// Of a thread that runs the place, where the stack was not captured at the time.
static void test_of_lock_without_stack(void **state)
{
    uint32_t stack;

    (void)state;
    for (int i = 0; i < LOCK_STACKS; i++) {
        lock_acquired(lock_threads[2], lock_address(0), SPIN, 0, at(50));
        lock_released(lock_threads[2], lock_address(0), SPIN, at(51));
    }
    lock_acquired(lock_threads[2], lock_address(0), SPIN, 0, at(5050));
    misuse_of_lock(lock_threads[0], PROFILE_MISUSE_DESTROY_HELD, locks[0], at(7));
    misuse_of_lock(lock_threads[2], PROFILE_MISUSE_DESTROY_HELD, locks[0], at(8));
    assert_int_equal(count(), 2);
    stack = misuse_at(1)->other_stack;
    assert_int_equal(stack_table_take_frame(&stack), 5050);
    assert_int_equal(stack_table_take_frame(&stack), 0);
    assert_int_equal(misuse_at(2)->other_stack, PRELOAD_EARLIER(5050)); // its own
}

// Of a lock that is read any reader is told, be it the last one or not.
static void test_of_readers(void **state)
{
    (void)state;
    lock_acquired(lock_threads[1], lock_address(0), SPIN, PROFILE_ACQUIRE_READ, at(50));
    misuse_of_lock(lock_threads[0], PROFILE_MISUSE_DESTROY_HELD, locks[0], at(7));
    assert_int_equal(count(), 1);
    assert_int_equal(misuse_at(1)->owner, 2);
    assert_int_equal(misuse_at(1)->other_stack, 50);
}

// The last owner has ended: its slot may hold what another thread holds.
static void test_of_owner_that_ended(void **state)
{
    (void)state;
    lock_acquired(lock_threads[1], lock_address(0), SPIN, 0, at(50));
    lock_thread_ends(lock_threads[1]);
    lock_threads[1]->record->end_ns = 1;
    misuse_of_lock(lock_threads[0], PROFILE_MISUSE_DESTROY_HELD, locks[0], at(7));
    assert_int_equal(count(), 2); // with its end
    assert_int_equal(misuse_at(2)->owner, 0);
}

#define FULL 4096u

static void test_full(void **state)
{
    (void)state;
    for (uint32_t stack = 1; stack <= FULL + 10; stack++)
        misuse_report(lock_threads[0], PROFILE_MISUSE_UNLOCK_UNHELD, locks[0], stack, 0, 0);
    misuse_report(lock_threads[0], PROFILE_MISUSE_UNLOCK_UNHELD, locks[0], 1, 0, 0);
    assert_int_equal(count(), FULL);
    assert_int_equal(misuse_at(1)->count, 2);
    assert_int_equal(profile_header->dropped[PROFILE_DROP_MEMORY], 10);
}

static void misuse(unsigned thread)
{
    struct random random = {50 + thread};

    for (unsigned i = 0; i < 2000; i++)
        misuse_report(lock_threads[thread], PROFILE_MISUSE_UNLOCK_UNHELD, locks[0],
                      1 + random_below(&random, 100), 0, 0);
}

// Two may enter the same at once; no count is lost.
static void test_threads(void **state)
{
    const struct profile_lock_misuse *found;
    uint64_t sum = 0;

    (void)state;
    run_threads(misuse);
    assert_in_range(count(), 100, 100 * THREADS);
    for (size_t i = 0; (found = lock_record(PROFILE_CHUNK_LOCK_MISUSES, i)); i++)
        sum += found->count;
    assert_int_equal(sum, THREADS * 2000);
}

static void test_reset(void **state)
{
    (void)state;
    misuse_report(lock_threads[0], PROFILE_MISUSE_UNLOCK_UNHELD, locks[0], 1, 0, 0);
    misuse_reset();
    misuse_report(lock_threads[0], PROFILE_MISUSE_UNLOCK_UNHELD, locks[0], 1, 0, 0);
    assert_int_equal(count(), 2);
    assert_int_equal(misuse_at(1)->count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, lock_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_report),     TEST(test_once_for_kind_lock_and_stack),
        TEST(test_of_lock),    TEST(test_of_lock_without_stack),
        TEST(test_of_readers), TEST(test_of_owner_that_ended),
        TEST(test_full),       TEST(test_threads),
        TEST(test_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
