// SPDX-License-Identifier: MIT
//
// preload_lock_nesting_test.c - in which order locks are acquired: each sequence once, and the
// record by which a lock was acquired tells all that was held then.
#include "preload/lock_nesting.h"
#include "preload/lock_use.h"
#include "preload/profile_writer.h"
#include "tests/unit/preload_lock_support.h"

#include <string.h>

#define SPIN PROFILE_LOCK_SPIN
#define MUTEX PROFILE_LOCK_MUTEX
#define HELD_MAX 8

static void acquire_as(unsigned thread, uint64_t lock, unsigned mode, uint32_t stack)
{
    lock_acquired(lock_threads[thread], lock_address(lock), SPIN, mode, at(stack));
}

static void acquire(unsigned thread, uint64_t lock)
{
    acquire_as(thread, lock, 0, (uint32_t)lock);
}

static void release(unsigned thread, uint64_t lock)
{
    lock_released(lock_threads[thread], lock_address(lock), SPIN, at(99));
}

static void acquire_all(unsigned thread, const uint64_t *locks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        acquire(thread, locks[i]);
    for (size_t i = count; i-- > 0;)
        release(thread, locks[i]);
}
#define SEQUENCE(thread, ...)                                                                      \
    acquire_all((thread), (const uint64_t[]){__VA_ARGS__},                                         \
                sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static size_t count_nestings(void)
{
    lock_load();
    return lock_count_records(PROFILE_CHUNK_LOCK_NESTINGS);
}

static const struct profile_lock_nesting *nesting_at(uint32_t id)
{
    return profile_copy_record(&lock_copy, PROFILE_CHUNK_LOCK_NESTINGS, id);
}

// What was held, latest first, by the id of a nesting (of 0 nothing), as a reader sees it. -1: a
// link of the chain is of another lock.
static int walk(uint32_t id, uint32_t held[HELD_MAX])
{
    const struct profile_lock_nesting *nesting = id ? nesting_at(id) : NULL, *before;
    int count = 0;

    for (; nesting && count < HELD_MAX; nesting = before) {
        held[count++] = nesting->held_lock;
        before = nesting->held ? nesting_at(nesting->held) : NULL;
        if (before && before->lock != nesting->held_lock)
            return -1;
    }
    return count;
}

static const struct held_lock *latest(unsigned thread)
{
    const struct thread_locks *locks = &lock_threads[thread]->locks;

    return &locks->held[locks->held_count - 1];
}

// The nesting by which the latest lock was acquired, unless it was held already.
static uint32_t nesting_of(unsigned thread)
{
    return (uint32_t)latest(thread)->order;
}

static uint32_t id_of(uint64_t lock)
{
    return lock_find(lock_address(lock))->id;
}

static void test_one(void **state)
{
    const struct profile_lock_nesting *nesting;

    (void)state;
    acquire_as(0, 1, 0, 11);
    assert_int_equal(nesting_of(0), 0);
    acquire_as(0, 2, 0, 12);
    assert_int_equal(count_nestings(), 1);
    nesting = lock_record(PROFILE_CHUNK_LOCK_NESTINGS, 0);
    assert_ptr_equal(nesting, nesting_at(nesting_of(0)));
    assert_int_equal(nesting->lock, id_of(2));
    assert_int_equal(nesting->mode, 0);
    assert_int_equal(nesting->held_lock, id_of(1));
    assert_int_equal(nesting->held_mode, 0);
    assert_int_equal(nesting->held, 0);
    assert_int_equal(nesting->stack, 12);
    assert_int_equal(nesting->held_stack, 11);
    assert_int_equal(nesting->thread, 1);
    assert_int_equal(nesting->other_thread, 0);
    assert_int_equal(lock_find(lock_address(1))->is_ordered, 1);
    assert_int_equal(lock_find(lock_address(2))->is_ordered, 1);
}

static void test_none_held(void **state)
{
    (void)state;
    SEQUENCE(0, 1);
    SEQUENCE(0, 2);
    assert_int_equal(count_nestings(), 0);
    assert_int_equal(lock_find(lock_address(1))->is_ordered, 0);
}

static void test_sequences(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) { // 1, 12, 123, 1234 of threes: each once
        SEQUENCE(0, 1, 2, 3, 4);
        SEQUENCE(0, 1, 2, 3);
        SEQUENCE(0, 1, 2);
    }
    assert_int_equal(count_nestings(), 3);
    SEQUENCE(0, 2, 1); // another order
    SEQUENCE(0, 1, 3); // less is held
    assert_int_equal(count_nestings(), 5);
}

// The stack of a lock that is held is put together from the thread's, if it was not captured.
static void test_stacks(void **state)
{
    const struct profile_lock_nesting *nesting;

    (void)state;
    for (int i = 0; i < LOCK_STACKS; i++)
        SEQUENCE(0, 1);
    acquire_as(0, 1, 0, 11);
    acquire_as(0, 2, 0, 12);
    lock_load();
    nesting = lock_record(PROFILE_CHUNK_LOCK_NESTINGS, 0);
    assert_int_equal(nesting->stack, 12);
    assert_int_equal(nesting->held_stack, PRELOAD_EARLIER(11));
}

static void test_other_thread(void **state)
{
    (void)state;
    SEQUENCE(1, 1, 2);
    SEQUENCE(1, 1, 2);
    SEQUENCE(1, 2, 1);
    SEQUENCE(0, 1, 2);
    SEQUENCE(2, 1, 2); // the first other one stays
    assert_int_equal(count_nestings(), 2);
    assert_int_equal(nesting_at(1)->thread, 2);
    assert_int_equal(nesting_at(1)->other_thread, 1);
    assert_int_equal(nesting_at(2)->thread, 2);
    assert_int_equal(nesting_at(2)->other_thread, 0);
}

// "other_thread: serial of another that did the same; 0: none". A thread whose slot was another
// thread's is another one.
static void test_other_thread_of_the_same_slot(void **state)
{
    (void)state;
    SEQUENCE(0, 1, 2);
    SEQUENCE(0, 1, 2);
    thread_locks_begin(&lock_threads[0]->locks, 77); // as thread_table.c does
    lock_threads[0]->serial = 77;
    SEQUENCE(0, 1, 2);
    lock_load();
    assert_int_equal(nesting_at(1)->thread, 1);
    assert_int_equal(nesting_at(1)->other_thread, 77);
}

static void sequence_of_modes(unsigned first, unsigned second)
{
    acquire_as(0, 1, first, 11);
    acquire_as(0, 2, second, 12);
    release(0, 2);
    release(0, 1);
}

static void test_modes(void **state)
{
    static const unsigned modes[] = {0, PROFILE_ACQUIRE_READ, PROFILE_ACQUIRE_TRY,
                                     PROFILE_ACQUIRE_READ | PROFILE_ACQUIRE_TRY,
                                     PROFILE_ACQUIRE_AGAIN};
    uint32_t id = 1;

    (void)state;
    for (int turn = 0; turn < 2; turn++)
        for (int i = 0; i < 5; i++)
            for (int j = 0; j < 5; j++)
                sequence_of_modes(modes[i], modes[j]);
    assert_int_equal(count_nestings(), 25);
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 5; j++, id++) {
            assert_int_equal(nesting_at(id)->held_mode, modes[i]);
            assert_int_equal(nesting_at(id)->mode, modes[j]);
        }
}

static void make_recursive(uint64_t count)
{
    for (uint64_t i = 1; i <= count; i++)
        lock_initialised(lock_threads[0], lock_address(i), SPIN, PROFILE_LOCK_RECURSIVE, at(1));
}

static void test_recursion(void **state)
{
    (void)state;
    make_recursive(3);
    SEQUENCE(0, 1, 1, 1);
    assert_int_equal(count_nestings(), 0);
    SEQUENCE(0, 1, 2, 2, 3); // no other than 123
    SEQUENCE(0, 1, 2, 3);
    assert_int_equal(count_nestings(), 2);
    SEQUENCE(0, 1, 2, 1); // 1 is held already: no order of it
    SEQUENCE(0, 1, 2, 1, 3);
    SEQUENCE(0, 1, 2, 1, 2, 1, 1, 3);
    assert_int_equal(count_nestings(), 2);
}

// A lock acquired again with others in between: what comes then is acquired with all of them held.
static void test_recursion_keeps_what_is_in_between(void **state)
{
    uint32_t held[HELD_MAX];
    bool has_second = false;
    int count;

    (void)state;
    make_recursive(1);
    acquire(0, 1);
    acquire(0, 2);
    acquire(0, 1);
    acquire(0, 3);
    lock_load();
    count = walk(nesting_of(0), held);
    assert_true(count > 0); // each `held` is the nesting by which held_lock was acquired
    for (int i = 0; i < count; i++)
        has_second |= held[i] == id_of(2);
    assert_true(has_second);
}

// --- not in the order of a stack

static void assert_latest(unsigned thread, const uint64_t *wanted, int wanted_count)
{
    uint32_t held[HELD_MAX];

    lock_load();
    assert_int_equal(walk(nesting_of(thread), held), wanted_count);
    for (int i = 0; i < wanted_count; i++)
        assert_int_equal(held[i], id_of(wanted[i]));
}

static void test_release_in_the_middle(void **state)
{
    (void)state;
    acquire(0, 1);
    acquire(0, 2);
    acquire(0, 3);
    release(0, 2);
    assert_int_equal(count_nestings(), 2);
    acquire(0, 4);
    assert_latest(0, (const uint64_t[]){3, 1}, 2);
    assert_int_equal(count_nestings(), 4); // 12, 123; 13 as if tried, 134
    assert_int_equal(nesting_at(3)->lock, id_of(3));
    assert_int_equal(nesting_at(3)->mode, PROFILE_ACQUIRE_TRY);
    assert_int_equal(nesting_at(3)->stack, 3); // where it was acquired
    assert_int_equal(nesting_at(3)->held_lock, id_of(1));
    assert_int_equal(nesting_at(4)->mode, 0);
    assert_int_equal(nesting_at(4)->held, 3);
    assert_int_equal(nesting_at(4)->held_mode, 0); // as 3 is held
}

static void test_release_of_the_first(void **state)
{
    (void)state;
    acquire(0, 1);
    acquire(0, 2);
    acquire(0, 3);
    release(0, 1);
    acquire(0, 4);
    assert_latest(0, (const uint64_t[]){3, 2}, 2);
    release(0, 2);
    release(0, 3);
    acquire(0, 5);
    assert_latest(0, (const uint64_t[]){4}, 1);
}

// Hand over hand: along a list, each node is locked before the last is let go.
static void test_hand_over_hand(void **state)
{
    (void)state;
    for (int turn = 0; turn < 3; turn++) {
        acquire(0, 1);
        for (uint64_t i = 2; i < 50; i++) {
            acquire(0, i);
            if (turn == 0)
                assert_latest(0, (const uint64_t[]){i - 1}, 1);
            release(0, i - 1);
        }
        release(0, 49);
    }
    assert_int_equal(count_nestings(), 48);
}

static pthread_mutex_t mutexes[4];

static void acquire_mutex(pthread_mutex_t *mutex, int owner)
{
    mutex->__data.__owner = lock_threads[0]->tid;
    lock_acquired(lock_threads[0], mutex, MUTEX, 0, at(1));
    mutex->__data.__owner = owner;
}

// Unlocked by another thread, or where we don't see it: not held any more when it matters.
static void test_released_elsewhere(void **state)
{
    int self = lock_threads[0]->tid;

    (void)state;
    acquire_mutex(&mutexes[0], self);
    acquire_mutex(&mutexes[1], 0);
    acquire_mutex(&mutexes[2], self);
    assert_int_equal(lock_threads[0]->locks.held_count, 2);
    assert_int_equal(count_nestings(), 2); // the wrong one has been entered, when it was right
    assert_int_equal(nesting_at(2)->held_lock, lock_find(&mutexes[0])->id);
    assert_int_equal(nesting_at(2)->held, 0);
    mutexes[0].__data.__owner = self + 1;
    mutexes[2].__data.__owner = self + 1;
    acquire_mutex(&mutexes[3], self);
    assert_int_equal(lock_threads[0]->locks.held_count, 1); // all were gone
    assert_int_equal(nesting_of(0), 0);
    assert_int_equal(count_nestings(), 2);
    memset(mutexes, 0, sizeof(mutexes));
}

// --- many

#define LOCKS 6u
#define STEPS 20000u

static struct {
    uint32_t nesting;
    uint32_t locks[HELD_MAX]; // the first is what was acquired
    int count;
} steps[STEPS];

// What is held, each once: a lock that is acquired again stays where it was.
static void note_step(unsigned step, unsigned thread)
{
    const struct thread_locks *locks = &lock_threads[thread]->locks;
    uint32_t held[HELD_MAX];
    int count = 0;

    for (uint32_t i = 0; i < locks->held_count; i++) {
        bool is_new = true;

        for (int j = 0; j < count; j++)
            is_new &= held[j] != locks->held[i].lock->id;
        if (is_new)
            held[count++] = locks->held[i].lock->id;
    }
    steps[step].nesting = nesting_of(thread);
    steps[step].count = count;
    for (int i = 0; i < count; i++)
        steps[step].locks[count - 1 - i] = held[i];
}

static bool is_held(unsigned thread, uint64_t lock)
{
    const struct lock_state *state = lock_find(lock_address(lock));

    return state && lock_find_held(&lock_threads[thread]->locks, state) >= 0;
}

// Whatever comes: by its nesting each acquisition tells all that was held.
static void test_random_sequences(void **state)
{
    struct random random = {9};
    unsigned step = 0;

    (void)state;
    while (step < STEPS) {
        unsigned thread = random_below(&random, 3);
        const struct thread_locks *locks = &lock_threads[thread]->locks;
        uint64_t lock = random_below(&random, LOCKS);

        bool was_held = is_held(thread, lock);

        if (was_held && random_below(&random, 4)) {
            release(thread, lock); // anywhere in the list
        } else if (locks->held_count < HELD_MAX) {
            acquire(thread, lock);
            if (!was_held)
                note_step(step++, thread);
        }
    }
    assert_in_range(count_nestings(), 100, 20000);
    for (step = 0; step < STEPS; step++) {
        uint32_t held[HELD_MAX];

        assert_int_equal(walk(steps[step].nesting, held), steps[step].count - 1);
        if (steps[step].count == 1)
            continue;
        assert_int_equal(nesting_at(steps[step].nesting)->lock, steps[step].locks[0]);
        assert_memory_equal(held, &steps[step].locks[1],
                            (size_t)(steps[step].count - 1) * sizeof(held[0]));
    }
}

// More than a thread remembers, and chains of several.
static void test_more_than_the_cache(void **state)
{
    (void)state;
    for (int turn = 0; turn < 3; turn++)
        for (uint64_t i = 0; i < 200; i++)
            for (uint64_t j = 0; j < 200; j++)
                if (i != j)
                    SEQUENCE(0, i, j);
    assert_int_equal(count_nestings(), 200 * 199);
}

#define FULL (UINT64_C(1) << 18)

static void test_full(void **state)
{
    uint64_t entered = 0;

    (void)state;
    for (uint64_t i = 0; entered < FULL; i++)
        for (uint64_t j = 0; j < 600 && entered < FULL; j++, entered++)
            SEQUENCE(0, 1000 + i, j);
    assert_int_equal(profile_header->dropped[PROFILE_DROP_ORDER_LIMIT], 0);
    acquire(0, 2);
    acquire(0, 3);
    assert_int_equal(nesting_of(0), NESTING_UNKNOWN);
    assert_int_equal(profile_header->dropped[PROFILE_DROP_ORDER_LIMIT], 1);
    acquire(0, 4); // nothing more to lose
    assert_int_equal(nesting_of(0), NESTING_UNKNOWN);
    assert_int_equal(profile_header->dropped[PROFILE_DROP_ORDER_LIMIT], 1);
    release(0, 4);
    release(0, 3);
    release(0, 2);
    acquire(0, 1000); // what is known still is
    acquire(0, 5);
    assert_int_equal(nesting_of(0), 6);
}

static void nest_much(unsigned thread)
{
    struct random random = {70 + thread};

    for (unsigned i = 0; i < 5000; i++) {
        uint64_t first = random_below(&random, 10), second = random_below(&random, 10);

        if (first == second)
            continue;
        acquire_as(thread, first, PROFILE_ACQUIRE_READ, 1); // several at once
        acquire_as(thread, second, PROFILE_ACQUIRE_READ, 2);
        acquire_as(thread, 20, PROFILE_ACQUIRE_READ, 3);
        release(thread, 20);
        release(thread, second);
        release(thread, first);
    }
}

// Each sequence has one record, though several threads come at once.
static void test_threads_nest(void **state)
{
    static bool is_seen[64][64];
    size_t count;

    (void)state;
    memset(is_seen, 0, sizeof(is_seen));
    run_threads(nest_much);
    count = count_nestings();
    assert_int_equal(count, 90 * 2);
    for (size_t i = 0; i < count; i++) {
        const struct profile_lock_nesting *nesting = lock_record(PROFILE_CHUNK_LOCK_NESTINGS, i);

        assert_true(nesting->other_thread != 0 && nesting->other_thread != nesting->thread);
        if (nesting->held)
            continue;
        assert_false(is_seen[nesting->held_lock][nesting->lock]);
        is_seen[nesting->held_lock][nesting->lock] = true;
    }
}

static void test_reset(void **state)
{
    (void)state;
    SEQUENCE(0, 1, 2);
    lock_nesting_reset();
    SEQUENCE(1, 1, 2);
    assert_int_equal(count_nestings(), 2); // another record, with an id from 1 on
    assert_int_equal(nesting_at(1)->lock, id_of(2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lock_set_up, lock_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one),
        TEST(test_none_held),
        TEST(test_sequences),
        TEST(test_stacks),
        TEST(test_other_thread),
        TEST(test_other_thread_of_the_same_slot),
        TEST(test_modes),
        TEST(test_recursion),
        TEST(test_recursion_keeps_what_is_in_between),
        TEST(test_release_in_the_middle),
        TEST(test_release_of_the_first),
        TEST(test_hand_over_hand),
        TEST(test_released_elsewhere),
        TEST(test_random_sequences),
        TEST(test_more_than_the_cache),
        TEST(test_full),
        TEST(test_threads_nest),
        TEST(test_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
