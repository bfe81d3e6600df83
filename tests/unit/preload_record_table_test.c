// SPDX-License-Identifier: MIT
//
// preload_record_table_test.c - numbered records: every id once, each at its place in the file.
#include "preload/profile_writer.h"
#include "preload/record_table.h"
#include "tests/unit/preload_support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

RECORD_TABLE(items, PROFILE_CHUNK_LOCK_WAITS, profile_lock_wait, 6, 1u << 12);
RECORD_TABLE(others, PROFILE_CHUNK_LOCKS, profile_lock, 5, 3);

#define EACH 25000u

static int tear_down(void **state)
{
    record_table_reset(&items);
    record_table_reset(&others);
    return preload_profile_close(state);
}

static uint32_t reserve_item(void)
{
    uint32_t id = 0;
    struct profile_lock_wait *item = record_table_reserve(&items, PROFILE_DROP_MEMORY, &id);

    if (!item || item->count)
        return 0; // none, or not a fresh one
    item->count = id * UINT64_C(3);
    item->stack = ~id;
    atomic_publish(&item->lock, id);
    return id;
}

static void check_file(uint32_t count)
{
    struct profile_copy copy;
    const struct profile_chunk *chunk = NULL;
    uint32_t expected = 1;

    profile_copy_load(&copy, preload_scratch.path);
    while ((chunk = profile_copy_next(&copy, chunk, PROFILE_CHUNK_LOCK_WAITS))) {
        assert_int_equal(chunk->record_bytes, sizeof(struct profile_lock_wait));
        assert_int_equal(chunk->first_id, expected);
        for (size_t i = 0; i < profile_chunk_records(chunk); i++, expected++) {
            const struct profile_lock_wait *item = profile_chunk_record(chunk, i);

            assert_int_equal(item->lock, expected <= count ? expected : 0);
            assert_int_equal(item->count, expected <= count ? expected * UINT64_C(3) : 0);
        }
    }
    assert_true(expected > count);
    profile_copy_release(&copy);
}

static void test_one_after_the_other(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= EACH; i++)
        assert_int_equal(reserve_item(), i);
    for (uint32_t i = 1; i <= EACH; i++) {
        struct profile_lock_wait *item = record_table_at(&items, i);

        assert_int_equal(item->lock, i);
        assert_int_equal(item->stack, ~i);
    }
    check_file(EACH);
}

static unsigned char taken[THREADS * EACH + 1];

static void reserve_many(unsigned thread)
{
    (void)thread;
    for (uint32_t i = 0; i < EACH; i++)
        __atomic_fetch_add(&taken[reserve_item()], 1, __ATOMIC_RELAXED);
}

static void test_many_threads(void **state)
{
    (void)state;
    run_threads(reserve_many);
    assert_int_equal(taken[0], 0);
    for (uint32_t id = 1; id <= THREADS * EACH; id++)
        assert_int_equal(taken[id], 1);
    check_file(THREADS * EACH);
}

static void test_end_of_the_table(void **state)
{
    uint32_t id = 77;

    (void)state;
    for (uint32_t i = 1; i <= 3 * 32; i++) {
        assert_non_null(record_table_reserve(&others, PROFILE_DROP_STACK_LIMIT, &id));
        assert_int_equal(id, i);
    }
    id = 77;
    assert_null(record_table_reserve(&others, PROFILE_DROP_STACK_LIMIT, &id));
    assert_null(record_table_reserve(&others, PROFILE_DROP_STACK_LIMIT, &id));
    assert_int_equal(id, 77);
    assert_int_equal(profile_header->dropped[PROFILE_DROP_STACK_LIMIT], 2);
    assert_int_equal(profile_header->dropped[PROFILE_DROP_PROFILE_FULL], 0);
}

static void test_full_profile(void **state)
{
    struct rlimit limit, kept;
    uint32_t count = 0;

    (void)state;
    getrlimit(RLIMIT_FSIZE, &kept);
    limit = kept;
    limit.rlim_cur = 300u << 10;
    setrlimit(RLIMIT_FSIZE, &limit);
    while (count < 100000 && reserve_item())
        count++;
    assert_int_equal(reserve_item(), 0);
    setrlimit(RLIMIT_FSIZE, &kept);
    assert_in_range(count, 900, 4096);
    assert_int_equal(profile_header->dropped[PROFILE_DROP_PROFILE_FULL], 2);
    assert_int_equal(profile_header->dropped[PROFILE_DROP_MEMORY], 0);
    check_file(count);
}

static void test_reset(void **state)
{
    (void)state;
    assert_int_equal(reserve_item(), 1);
    assert_int_equal(reserve_item(), 2);
    record_table_reset(&items);
    assert_int_equal(reserve_item(), 1); // of a new chunk: a fresh record
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, preload_profile_open, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_after_the_other), TEST(test_many_threads), TEST(test_end_of_the_table),
        TEST(test_full_profile),        TEST(test_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
