// SPDX-License-Identifier: MIT
//
// preload_own_regions_test.c - the list of our private memory: what is mapped is on it, what is not
// any more is not, with many threads at once too.
#include "preload/compiler.h"
#include "preload/own_regions.h"
#include "tests/unit/preload_support.h"

#include <stdlib.h>
#include <string.h>

#define EACH 500

static bool is_listed(const void *address, size_t bytes)
{
    const struct profile_region *regions = (const void *)(uintptr_t)scan_help.own_regions;

    for (uint64_t i = 0; i < atomic_get(&scan_help.own_region_count); i++)
        if (atomic_get(&regions[i].start) == (uint64_t)address &&
            atomic_get(&regions[i].bytes) == bytes)
            return true;
    return false;
}

static uint64_t count_listed(void)
{
    const struct profile_region *regions = (const void *)(uintptr_t)scan_help.own_regions;
    uint64_t count = 0;

    for (uint64_t i = 0; i < scan_help.own_region_count; i++)
        count += regions[i].bytes != 0;
    return count;
}

static void test_map_and_unmap(void **state)
{
    char *first = own_regions_map(4096), *second = own_regions_map(65536);
    uint64_t entries;

    (void)state;
    assert_true(is_listed(first, 4096));
    assert_true(is_listed(second, 65536));
    assert_int_equal(second[65535], 0);
    own_regions_unmap(first, 4096);
    assert_false(is_listed(first, 4096));
    entries = scan_help.own_region_count;
    first = own_regions_map(8192);
    assert_int_equal(scan_help.own_region_count, entries); // the entry is used again
    own_regions_unmap(first, 8192);
    own_regions_unmap(second, 65536);
    assert_int_equal(count_listed(), 0);
}

static void map_some(unsigned thread)
{
    static void *kept[THREADS][EACH];

    for (unsigned i = 0; i < EACH; i++) {
        kept[thread][i] = own_regions_map(4096);
        if (i % 2)
            own_regions_unmap(kept[thread][i], 4096);
    }
    for (unsigned i = 0; i < EACH; i += 2)
        assert_true(is_listed(kept[thread][i], 4096));
    for (unsigned i = 0; i < EACH; i += 4)
        own_regions_unmap(kept[thread][i], 4096);
}

static void test_threads(void **state)
{
    (void)state;
    run_threads(map_some);
    assert_int_equal(count_listed(), THREADS * EACH / 4);
    assert_int_equal(scan_help.own_regions_lost, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map_and_unmap),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
