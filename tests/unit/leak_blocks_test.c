// SPDX-License-Identifier: MIT
//
// leak_blocks_test.c - which block a pointer points into: blocks side by side, of 0 bytes, in
// either half of their granule, longer than a leaf; few and many of them.
#include "tests/unit/leak_support.h"

#include <stdlib.h>

#define HEAP UINT64_C(0x555500000000)

static struct leak_blocks blocks;

static int tear_down(void **state)
{
    (void)state;
    leak_blocks_release(&blocks);
    return 0;
}

static void check(uint64_t pointer, uint32_t block, uint64_t offset)
{
    uint64_t found = 0;
    assert_int_equal(leak_blocks_find(&blocks, pointer, &found), block);
    if (block != LEAK_NO_BLOCK)
        assert_int_equal(found, offset);
}

static void test_no_blocks(void **state)
{
    (void)state;
    leak_test_index(&blocks, 32, NULL, 0);
    check(0, LEAK_NO_BLOCK, 0);
    check(HEAP, LEAK_NO_BLOCK, 0);
    check(UINT64_MAX, LEAK_NO_BLOCK, 0);
}

static void test_inside_and_outside(void **state)
{
    (void)state;
    leak_test_index(&blocks, 32,
                    (struct leak_test_block[]){{HEAP + 0x10, 100, 1}, //
                                               {HEAP + 0x80, 24, 2}},
                    2);
    check(HEAP, LEAK_NO_BLOCK, 0);
    check(HEAP + 0x10, 0, 0);
    check(HEAP + 0x11, 0, 1);
    check(HEAP + 0x10 + 99, 0, 99);
    check(HEAP + 0x10 + 100, LEAK_NO_BLOCK, 0);
    check(HEAP + 0x80, 1, 0);
    check(HEAP + 0x80 + 23, 1, 23);
    check(HEAP + 0x80 + 24, LEAK_NO_BLOCK, 0);
    check(HEAP + 0x100000000, LEAK_NO_BLOCK, 0);
}

static void test_zero_bytes_count_as_one(void **state)
{
    (void)state;
    leak_test_index(&blocks, 32, (struct leak_test_block[]){{HEAP, 0, 1}, {HEAP + 0x20, 0, 2}}, 2);
    check(HEAP, 0, 0);
    check(HEAP + 1, LEAK_NO_BLOCK, 0);
    check(HEAP + 0x20, 1, 0);
    check(HEAP + 0x21, LEAK_NO_BLOCK, 0);
}

// 24 bytes at 0x10 end in the first half of the granule that the next block's second half is of.
static void test_halves_of_a_granule(void **state)
{
    (void)state;
    leak_test_index(&blocks, 32,
                    (struct leak_test_block[]){{HEAP + 0x10, 24, 1}, //
                                               {HEAP + 0x30, 24, 2},
                                               {HEAP + 0x60, 8, 3}},
                    3);
    check(HEAP + 0x27, 0, 23);
    check(HEAP + 0x28, LEAK_NO_BLOCK, 0);
    check(HEAP + 0x30, 1, 0);
    check(HEAP + 0x20, 0, 16);
    check(HEAP + 0x47, 1, 23);
    check(HEAP + 0x60, 2, 0);
}

static void test_granules_of_8_bytes(void **state)
{
    (void)state;
    leak_test_index(&blocks, 8,
                    (struct leak_test_block[]){{HEAP + 8, 8, 1}, //
                                               {HEAP + 16, 8, 2},
                                               {HEAP + 24, 5, 3}},
                    3);
    check(HEAP + 8, 0, 0);
    check(HEAP + 15, 0, 7);
    check(HEAP + 16, 1, 0);
    check(HEAP + 28, 2, 4);
    check(HEAP + 29, LEAK_NO_BLOCK, 0);
}

static void test_longer_than_a_leaf(void **state)
{
    (void)state;
    uint64_t long_bytes = 3 * LEAK_LEAF_BYTES;
    leak_test_index(&blocks, 32,
                    (struct leak_test_block[]){{HEAP + 0x20, 64, 1},
                                               {HEAP + 0x100010, long_bytes, 2},
                                               {HEAP + 0x100010 + long_bytes + 16, 32, 3}},
                    3);
    check(HEAP + LEAK_LEAF_BYTES, 1, LEAK_LEAF_BYTES - 0x100010);
    check(HEAP + 2 * LEAK_LEAF_BYTES + 5, 1, 2 * LEAK_LEAF_BYTES + 5 - 0x100010);
    check(HEAP + 0x100010 + long_bytes - 1, 1, long_bytes - 1);
    check(HEAP + 0x100010 + long_bytes, LEAK_NO_BLOCK, 0);
    check(HEAP + 0x100010 + long_bytes + 16, 2, 0);
    assert_ptr_equal(leak_blocks_leaf(&blocks, 1), &blocks.leaves[0]);
    assert_ptr_equal(leak_blocks_leaf(&blocks, 2), &blocks.leaves[1]);
}

// A size that no block has: up to the end of the address space, and no further.
static void test_absurd_size(void **state)
{
    (void)state;
    uint64_t top = (UINT64_C(1) << PROFILE_LIVE_ADDRESS_BITS) - LEAK_LEAF_BYTES;
    leak_test_index(
        &blocks, 32,
        (struct leak_test_block[]){{top, (UINT64_C(1) << PROFILE_LIVE_SIZE_BITS) - 1, 1}}, 1);
    check(top + 77, 0, 77);
    check(UINT64_C(1) << PROFILE_LIVE_ADDRESS_BITS, LEAK_NO_BLOCK, 0);
}

static uint32_t find_slowly(const struct leak_test_block *list, size_t count, uint64_t pointer)
{
    for (size_t i = count; i-- > 0;)
        if (list[i].start <= pointer)
            return pointer - list[i].start < (list[i].bytes ? list[i].bytes : 1) ? (uint32_t)i
                                                                                 : LEAK_NO_BLOCK;
    return LEAK_NO_BLOCK;
}

// Sparse leaves and dense ones, beside each other.
static void check_at_random(uint32_t granule_bytes, uint64_t seed)
{
    enum { COUNT = 4000 };
    struct leak_test_block *list = calloc(COUNT, sizeof(list[0]));
    uint64_t at = HEAP + LEAK_LEAF_BYTES / 2, alignment = granule_bytes == 32 ? 16 : 8;
    assert_non_null(list);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint64_t bytes = leak_test_random(&seed) % 50;
        if (leak_test_random(&seed) % 100 == 0)
            bytes *= leak_test_random(&seed) % 5000;
        list[i] = (struct leak_test_block){at, bytes, i + 1};
        uint64_t least = granule_bytes > bytes ? granule_bytes : bytes;
        at += ((least + alignment - 1) & ~(alignment - 1)) +
              alignment * (leak_test_random(&seed) % 3);
    }
    leak_test_index(&blocks, granule_bytes, list, COUNT);
    for (int i = 0; i < 20000; i++) {
        uint64_t pointer = HEAP + ((uint64_t)leak_test_random(&seed) << 8) % (at - HEAP + 100);
        if (i % 2)
            pointer = list[leak_test_random(&seed) % COUNT].start + leak_test_random(&seed) % 64;
        uint32_t block = find_slowly(list, COUNT, pointer);
        check(pointer, block, block == LEAK_NO_BLOCK ? 0 : pointer - list[block].start);
    }
    free(list);
}

static void test_random_blocks(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        check_at_random(seed % 2 ? 32 : 8, seed);
        leak_blocks_release(&blocks);
    }
}

static void check_order(size_t count)
{
    struct leak_test_block *list = calloc(count, sizeof(list[0]));
    assert_non_null(list);
    for (size_t i = 0; i < count; i++)
        list[i] = (struct leak_test_block){HEAP + 48 * i, i, 1};
    leak_test_index(&blocks, 32, list, count);
    struct leak_cursor cursor = {.leaf = &blocks.leaves[0]};
    for (uint32_t i = 0; i < count; i++) {
        assert_true(leak_cursor_next(&cursor, blocks.granule_shift));
        assert_int_equal(cursor.block, i);
        assert_int_equal(cursor.start, list[i].start);
        assert_int_equal(cursor.bytes, i);
    }
    assert_false(leak_cursor_next(&cursor, blocks.granule_shift));
    free(list);
    leak_blocks_release(&blocks);
}

static void test_in_the_order_of_addresses(void **state)
{
    (void)state;
    check_order(1);
    check_order(100);
    check_order(5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_no_blocks, tear_down),
        cmocka_unit_test_teardown(test_inside_and_outside, tear_down),
        cmocka_unit_test_teardown(test_zero_bytes_count_as_one, tear_down),
        cmocka_unit_test_teardown(test_halves_of_a_granule, tear_down),
        cmocka_unit_test_teardown(test_granules_of_8_bytes, tear_down),
        cmocka_unit_test_teardown(test_longer_than_a_leaf, tear_down),
        cmocka_unit_test_teardown(test_absurd_size, tear_down),
        cmocka_unit_test_teardown(test_random_blocks, tear_down),
        cmocka_unit_test_teardown(test_in_the_order_of_addresses, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
