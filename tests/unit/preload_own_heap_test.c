// SPDX-License-Identifier: MIT
//
// preload_own_heap_test.c - memory of our own: aligned, zeroed, told apart from the host's, and a
// plain NULL when there is no more.
#include "preload/own_heap.h"
#include "tests/unit/preload_support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST ((size_t)(1u << 20) - 16)

static bool is_zero(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i])
            return false;
    return true;
}

static void test_owns_nothing_at_first(void **state)
{
    int local;

    (void)state;
    assert_false(own_heap_owns(NULL));
    assert_false(own_heap_owns(&local));
    assert_false(own_heap_owns((void *)16));
}

static void test_sizes(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < 5000; bytes += bytes < 300 ? 1 : 97) {
        char *block = own_heap_allocate(bytes);

        assert_non_null(block);
        assert_int_equal((uintptr_t)block % 16, 0);
        assert_true(own_heap_owns(block));
        assert_int_equal(own_heap_size(block), bytes);
        assert_true(is_zero(block, bytes));
        memset(block, 0xff, bytes);
        own_heap_free(block);
    }
}

static void test_reused_memory_is_zeroed(void **state)
{
    char *first = own_heap_allocate(100);
    char *second;

    (void)state;
    memset(first, 0xff, 100);
    own_heap_free(first);
    second = own_heap_allocate(112); // of the same 128 bytes
    assert_ptr_equal(second, first);
    assert_true(is_zero(second, 112));
    assert_int_equal(own_heap_size(second), 112);
    own_heap_free(second);
}

static void test_owns_only_its_own(void **state)
{
    char *block = own_heap_allocate(10), *hosts = malloc(10);

    (void)state;
    assert_true(own_heap_owns(block));
    assert_true(own_heap_owns((void *)own_heap_start));
    assert_true(own_heap_owns((void *)(own_heap_start + OWN_HEAP_BYTES - 1)));
    assert_false(own_heap_owns((void *)(own_heap_start + OWN_HEAP_BYTES)));
    assert_false(own_heap_owns((void *)(own_heap_start - 1)));
    assert_false(own_heap_owns(NULL));
    assert_false(own_heap_owns(hosts));
    own_heap_free(block);
    free(hosts);
}

static void test_too_large(void **state)
{
    static const size_t sizes[] = {LARGEST + 1, 1u << 20, OWN_HEAP_BYTES, SIZE_MAX - 16, SIZE_MAX};
    void *block;

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        errno = 0;
        assert_null(own_heap_allocate(sizes[i]));
        assert_int_equal(errno, ENOMEM);
    }
    block = own_heap_allocate(LARGEST);
    assert_non_null(block);
    own_heap_free(block);
}

#define BLOCKS 4000

// No two live blocks share a byte.
static void test_blocks_are_apart(void **state)
{
    static unsigned char *blocks[BLOCKS];
    struct random random = {3};

    (void)state;
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = own_heap_allocate(random_below(&random, 700));
        assert_non_null(blocks[i]);
        memset(blocks[i], (int)(i % 251), own_heap_size(blocks[i]));
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        for (size_t j = 0; j < own_heap_size(blocks[i]); j++)
            if (blocks[i][j] != i % 251)
                fail_msg("block %u was overwritten", i);
        own_heap_free(blocks[i]);
    }
}

static unsigned thread_errors[THREADS];

static void allocate_and_free(unsigned thread)
{
    struct random random = {thread + 1};
    unsigned char *blocks[32] = {NULL};

    for (unsigned i = 0; i < 20000; i++) {
        unsigned at = random_below(&random, 32);
        size_t bytes = random_below(&random, 600);

        if (blocks[at]) {
            for (size_t j = 0; j < own_heap_size(blocks[at]); j++)
                thread_errors[thread] += blocks[at][j] != thread + 1;
            own_heap_free(blocks[at]);
        }
        blocks[at] = own_heap_allocate(bytes);
        thread_errors[thread] += !blocks[at] || !is_zero((char *)blocks[at], bytes);
        if (blocks[at])
            memset(blocks[at], (int)thread + 1, bytes);
    }
    for (unsigned at = 0; at < 32; at++)
        if (blocks[at])
            own_heap_free(blocks[at]);
}

static void test_threads(void **state)
{
    (void)state;
    run_threads(allocate_and_free);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(thread_errors[i], 0);
}

// Last: what is cut for one size never serves another.
static void test_exhaustion(void **state)
{
    static void *blocks[OWN_HEAP_BYTES / 4096 + 1];
    size_t count = 0;

    (void)state;
    errno = 0;
    while (count <= OWN_HEAP_BYTES / 4096 && (blocks[count] = own_heap_allocate(4000)))
        assert_true(own_heap_owns(blocks[count++]));
    assert_in_range(count, 1, OWN_HEAP_BYTES / 4096);
    assert_int_equal(errno, ENOMEM);
    own_heap_free(blocks[--count]);
    assert_ptr_equal(own_heap_allocate(4000), blocks[count]); // goes on with what comes back
    assert_null(own_heap_allocate(4000));
    assert_null(own_heap_allocate(LARGEST - 1000000 + 1));
    for (size_t i = 0; i <= count; i++)
        own_heap_free(blocks[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owns_nothing_at_first),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_reused_memory_is_zeroed),
        cmocka_unit_test(test_owns_only_its_own),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_blocks_are_apart),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_exhaustion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
