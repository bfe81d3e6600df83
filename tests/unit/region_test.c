// SPDX-License-Identifier: MIT
//
// region_test.c - a region that is rewound gives the same room again, zeroed, and leaves alone what
// was there before.
#include "report/model/region.h"

// clang-format off
// cmocka.h needs the others before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
// clang-format on

#include <stdbool.h>
#include <string.h>

#define LARGE ((size_t)1 << 20)

static bool is_zero(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i])
            return false;
    return true;
}

// Allocates `count` objects of `bytes` each and writes to all of them.
static void fill(struct region *region, size_t count, size_t bytes)
{
    for (size_t i = 0; i < count; i++) {
        void *object = region_alloc(region, bytes);
        assert_non_null(object);
        assert_true(is_zero(object, bytes));
        memset(object, 'x', bytes);
    }
}

static void assert_rewinds(size_t count, size_t bytes)
{
    struct region region = {0};
    char *kept = region_strndup(&region, "kept", 4);
    struct region before = region;
    fill(&region, count, bytes);
    region_rewind(&region, &before);
    assert_memory_equal(&region, &before, sizeof(region));
    fill(&region, count, bytes);
    assert_string_equal(kept, "kept");
    region_release(&region);
}

static void test_in_one_block(void **state)
{
    (void)state;
    assert_rewinds(10, 100);
}

static void test_over_many_blocks(void **state)
{
    (void)state;
    assert_rewinds(10000, 1000);
}

static void test_large_objects(void **state)
{
    (void)state;
    assert_rewinds(10, LARGE);
}

static void test_to_nothing(void **state)
{
    (void)state;
    struct region region = {0}, before = region;
    fill(&region, 1, LARGE);
    fill(&region, 10, 100);
    region_rewind(&region, &before);
    assert_null(region.blocks);
    fill(&region, 10, 100);
    region_release(&region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_one_block),
        cmocka_unit_test(test_over_many_blocks),
        cmocka_unit_test(test_large_objects),
        cmocka_unit_test(test_to_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
