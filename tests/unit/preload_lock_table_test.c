// SPDX-License-Identifier: MIT
//
// preload_lock_table_test.c - records of locks and of waits for them: one for each life of a lock,
// one for each lock and stack that waits.
#include "preload/lock_table.h"
#include "preload/profile_writer.h"
#include "preload/thread_table.h"
#include "tests/unit/preload_support.h"

#include <stdlib.h>
#include <string.h>

static struct thread_state *selves[THREADS];
static struct profile_thread records[THREADS];
static struct profile_copy copy;

static int set_up(void **state)
{
    preload_profile_open(state);
    memset(records, 0, sizeof(records));
    for (unsigned i = 0; i < THREADS; i++) {
        selves[i] = calloc(1, sizeof(struct thread_state));
        selves[i]->record = &records[i];
    }
    return 0;
}

static int tear_down(void **state)
{
    for (unsigned i = 0; i < THREADS; i++)
        free(selves[i]);
    profile_copy_release(&copy);
    copy.bytes = NULL;
    return preload_profile_close(state);
}

static void load(void)
{
    profile_copy_release(&copy);
    profile_copy_load(&copy, preload_scratch.path);
}

static const void *address(uint64_t lock)
{
    return (const void *)(0x10000 + lock * 40);
}

static const struct profile_lock *find_lock(const void *at, uint32_t generation)
{
    const struct profile_chunk *chunk = NULL;

    while ((chunk = profile_copy_next(&copy, chunk, PROFILE_CHUNK_LOCKS)))
        for (size_t i = 0; i < profile_chunk_records(chunk); i++) {
            const struct profile_lock *lock = profile_chunk_record(chunk, i);

            if (lock->address == (uint64_t)at && lock->generation == generation)
                return lock;
        }
    return NULL;
}

static const struct profile_lock_wait *find_wait(const void *at, uint32_t stack)
{
    const struct profile_chunk *chunk = NULL;

    while ((chunk = profile_copy_next(&copy, chunk, PROFILE_CHUNK_LOCK_WAITS)))
        for (size_t i = 0; i < profile_chunk_records(chunk); i++) {
            const struct profile_lock_wait *wait = profile_chunk_record(chunk, i);
            const struct profile_lock *lock =
                wait->lock ? profile_copy_record(&copy, PROFILE_CHUNK_LOCKS, wait->lock) : NULL;

            if (lock && lock->address == (uint64_t)at && wait->stack == stack)
                return wait;
        }
    return NULL;
}

static bool is_published(const struct profile_chunk *chunk, size_t index)
{
    const void *record = profile_chunk_record(chunk, index);

    if (chunk->type == PROFILE_CHUNK_LOCKS)
        return ((const struct profile_lock *)record)->address != 0;
    return ((const struct profile_lock_wait *)record)->lock != 0;
}

static size_t count_records(enum profile_chunk_type type)
{
    const struct profile_chunk *chunk = NULL;
    size_t count = 0;

    while ((chunk = profile_copy_next(&copy, chunk, type)))
        for (size_t i = 0; i < profile_chunk_records(chunk); i++)
            count += is_published(chunk, i);
    return count;
}

static void test_first_use(void **state)
{
    const struct profile_lock *lock;

    (void)state;
    lock_acquired(selves[0], address(1), PRELOAD_FRAME(7));
    lock_acquired(selves[0], address(1), PRELOAD_FRAME(8));
    lock_acquired(selves[0], address(2), PRELOAD_FRAME(9));
    load();
    assert_int_equal(count_records(PROFILE_CHUNK_LOCKS), 2);
    lock = find_lock(address(1), 0);
    assert_int_equal(lock->acquisitions, 2);
    assert_int_equal(lock->contentions, 0);
    assert_int_equal(lock->creation_stack, 7);
    assert_int_equal(lock->initialised, 0);
    assert_int_equal(lock->retired, 0);
    assert_int_equal(lock->kind, PROFILE_LOCK_MUTEX);
    assert_int_equal(find_lock(address(2), 0)->acquisitions, 1);
}

static void test_waits(void **state)
{
    const struct profile_lock *lock;
    const struct profile_lock_wait *wait;

    (void)state;
    lock_waited(selves[0], address(1), 100, PRELOAD_FRAME(7));
    lock_waited(selves[1], address(1), 300, PRELOAD_FRAME(7));
    lock_waited(selves[0], address(1), 50, PRELOAD_FRAME(8));
    lock_acquired(selves[0], address(1), PRELOAD_FRAME(7));
    lock_waited(selves[0], address(2), 5, PRELOAD_FRAME(7));
    load();
    lock = find_lock(address(1), 0);
    assert_int_equal(lock->acquisitions, 4);
    assert_int_equal(lock->contentions, 3);
    assert_int_equal(lock->wait_ns, 450);
    assert_int_equal(lock->wait_max_ns, 300);
    assert_int_equal(count_records(PROFILE_CHUNK_LOCK_WAITS), 3);
    wait = find_wait(address(1), 7);
    assert_int_equal(wait->count, 2);
    assert_int_equal(wait->wait_ns, 400);
    assert_int_equal(wait->wait_max_ns, 300);
    assert_int_equal(find_wait(address(1), 8)->wait_ns, 50);
    assert_int_equal(find_wait(address(2), 7)->count, 1);
    assert_int_equal(records[0].lock_wait_ns, 155);
    assert_int_equal(records[1].lock_wait_ns, 300);
}

static void test_initialised(void **state)
{
    (void)state;
    lock_initialised(selves[0], address(1), PRELOAD_FRAME(5));
    lock_acquired(selves[0], address(1), PRELOAD_FRAME(7));
    load();
    assert_int_equal(count_records(PROFILE_CHUNK_LOCKS), 1);
    assert_int_equal(find_lock(address(1), 0)->creation_stack, 5);
    assert_int_equal(find_lock(address(1), 0)->initialised, 1);
    assert_int_equal(find_lock(address(1), 0)->acquisitions, 1);
}

static void test_generations(void **state)
{
    (void)state;
    lock_acquired(selves[0], address(1), PRELOAD_FRAME(1));
    lock_destroyed(address(1));
    lock_acquired(selves[0], address(1), PRELOAD_FRAME(2)); // used again without a word
    lock_acquired(selves[0], address(1), PRELOAD_FRAME(3));
    lock_initialised(selves[0], address(1),
                     PRELOAD_FRAME(4)); // a new one in its place, without destroy
    lock_acquired(selves[0], address(1), PRELOAD_FRAME(5));
    load();
    assert_int_equal(count_records(PROFILE_CHUNK_LOCKS), 3);
    assert_int_equal(find_lock(address(1), 0)->acquisitions, 1);
    assert_int_equal(find_lock(address(1), 0)->retired, 1);
    assert_int_equal(find_lock(address(1), 1)->acquisitions, 2);
    assert_int_equal(find_lock(address(1), 1)->creation_stack, 2);
    assert_int_equal(find_lock(address(1), 1)->retired, 1);
    assert_int_equal(find_lock(address(1), 2)->creation_stack, 4);
    assert_int_equal(find_lock(address(1), 2)->retired, 0);
}

static void test_short_lived_locks_share_a_record(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        lock_initialised(selves[0], address(1), PRELOAD_FRAME(5));
        lock_acquired(selves[0], address(1), PRELOAD_FRAME(6));
        lock_destroyed(address(1));
    }
    load();
    assert_int_equal(count_records(PROFILE_CHUNK_LOCKS), 1);
    assert_int_equal(find_lock(address(1), 0)->acquisitions, 1000);
    assert_int_equal(find_lock(address(1), 0)->retired, 1);
}

// Not when there is something to tell apart: a wait, or another place.
static void test_fought_over_locks_do_not(void **state)
{
    (void)state;
    lock_initialised(selves[0], address(1), PRELOAD_FRAME(5));
    lock_waited(selves[0], address(1), 10, PRELOAD_FRAME(6));
    lock_destroyed(address(1));
    lock_initialised(selves[0], address(1), PRELOAD_FRAME(5));
    lock_destroyed(address(1));
    lock_initialised(selves[0], address(1), PRELOAD_FRAME(9));
    load();
    assert_int_equal(count_records(PROFILE_CHUNK_LOCKS), 3);
    assert_int_equal(find_lock(address(1), 0)->contentions, 1);
    assert_int_equal(find_lock(address(1), 1)->contentions, 0);
    assert_int_equal(find_lock(address(1), 2)->creation_stack, 9);
}

static void test_destroy_of_the_unknown(void **state)
{
    (void)state;
    lock_destroyed(address(1));
    load();
    assert_int_equal(count_records(PROFILE_CHUNK_LOCKS), 0);
}

#define LOCKS 20000

static void test_many_locks(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < LOCKS; i++)
        lock_acquired(selves[0], address(i), PRELOAD_FRAME(1));
    for (uint64_t i = 0; i < LOCKS; i++)
        lock_waited(selves[0], address(i), i, PRELOAD_FRAME(1 + (uint32_t)(i % 3)));
    load();
    assert_int_equal(count_records(PROFILE_CHUNK_LOCKS), LOCKS);
    assert_int_equal(count_records(PROFILE_CHUNK_LOCK_WAITS), LOCKS);
    for (uint64_t i = 0; i < LOCKS; i += 1999) {
        assert_int_equal(find_lock(address(i), 0)->acquisitions, 2);
        assert_int_equal(find_wait(address(i), 1 + (uint32_t)(i % 3))->wait_ns, i);
    }
}

// More stacks than buckets: waits of one lock meet in a chain.
static void test_many_waiters(void **state)
{
    (void)state;
    for (uint32_t turn = 0; turn < 2; turn++)
        for (uint32_t stack = 1; stack <= 10000; stack++)
            lock_waited(selves[0], address(1), stack, PRELOAD_FRAME(stack));
    load();
    assert_int_equal(count_records(PROFILE_CHUNK_LOCK_WAITS), 10000);
    for (uint32_t stack = 1; stack <= 10000; stack += 999) {
        assert_int_equal(find_wait(address(1), stack)->count, 2);
        assert_int_equal(find_wait(address(1), stack)->wait_ns, 2 * stack);
    }
}

static void test_full_table(void **state)
{
    const uint64_t limit = 32u << 13;

    (void)state;
    for (uint64_t i = 0; i < limit + 5; i++)
        lock_acquired(selves[0], address(i), PRELOAD_FRAME(1));
    lock_waited(selves[0], address(limit), 10, PRELOAD_FRAME(1));
    assert_int_equal(profile_header->dropped[PROFILE_DROP_MEMORY], 6);
    lock_acquired(selves[0], address(0), PRELOAD_FRAME(1)); // what is known goes on
    load();
    assert_int_equal(find_lock(address(0), 0)->acquisitions, 2);
    assert_int_equal(records[0].lock_wait_ns, 10);
}

#define OWN_LOCKS 2000

// Each thread its own locks, in the same hash chains.
static void lock_in_thread(unsigned thread)
{
    for (uint64_t turn = 0; turn < 3; turn++)
        for (uint64_t i = 0; i < OWN_LOCKS; i++)
            lock_waited(selves[thread], address(i * THREADS + thread), 2,
                        PRELOAD_FRAME(1 + thread));
}

static void test_threads(void **state)
{
    (void)state;
    run_threads(lock_in_thread);
    load();
    assert_int_equal(count_records(PROFILE_CHUNK_LOCKS), OWN_LOCKS * THREADS);
    assert_int_equal(count_records(PROFILE_CHUNK_LOCK_WAITS), OWN_LOCKS * THREADS);
    for (uint64_t i = 0; i < OWN_LOCKS * THREADS; i += 401) {
        assert_int_equal(find_lock(address(i), 0)->contentions, 3);
        assert_int_equal(find_wait(address(i), 1 + (uint32_t)(i % THREADS))->count, 3);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_first_use),
        TEST(test_waits),
        TEST(test_initialised),
        TEST(test_generations),
        TEST(test_short_lived_locks_share_a_record),
        TEST(test_fought_over_locks_do_not),
        TEST(test_destroy_of_the_unknown),
        TEST(test_many_locks),
        TEST(test_many_waiters),
        TEST(test_full_table),
        TEST(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
