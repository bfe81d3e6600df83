// SPDX-License-Identifier: MIT
//
// preload_live_table_test.c - the shadow of the address space: a block is found where it was put
// and nowhere else. Addresses are mere numbers here.
#include "preload/live_table.h"
#include "preload/options.h"
#include "tests/unit/preload_support.h"

#include <stdlib.h>
#include <string.h>

#define LEAF (UINT64_C(1) << LIVE_LEAF_BITS)
#define BRANCH (UINT64_C(1) << LIVE_BRANCH_BITS)
#define END (UINT64_C(1) << LIVE_ADDRESS_BITS)

static int tear_down(void **state)
{
    (void)state;
    live_table_reset();
    live_table_init(32);
    return 0;
}

static struct live_block put(uint64_t address, uint32_t stack, uint64_t bytes)
{
    bool is_stored = false;
    struct live_block before =
        live_table_put((void *)(uintptr_t)address,
                       (struct live_block){.stack = stack, .bytes = bytes}, &is_stored);

    assert_true(is_stored);
    return before;
}

static void assert_block(struct live_block block, uint32_t stack, uint64_t bytes)
{
    assert_int_equal(block.stack, stack);
    if (stack)
        assert_int_equal(block.bytes, bytes);
}

static struct live_block get(uint64_t address)
{
    return live_table_get((void *)(uintptr_t)address);
}

static struct live_block take(uint64_t address)
{
    return live_table_take((void *)(uintptr_t)address);
}

static void test_put_get_take(void **state)
{
    (void)state;
    assert_block(get(0x1000), 0, 0);
    assert_block(take(0x1000), 0, 0);
    assert_block(put(0x1000, 7, 123), 0, 0);
    assert_block(get(0x1000), 7, 123);
    assert_block(get(0x1000), 7, 123);
    assert_block(get(0x1010), 0, 0);
    assert_block(get(0x0ff0), 0, 0);
    assert_block(take(0x1000), 7, 123);
    assert_block(get(0x1000), 0, 0);
    assert_block(take(0x1000), 0, 0);
}

// Two places share a slot; blocks at both at once there are none.
static void test_places_of_a_granule(void **state)
{
    (void)state;
    put(0x1000, 7, 123);
    assert_block(get(0x1010), 0, 0);
    assert_block(take(0x1010), 0, 0); // not a block: what is known stays
    assert_block(take(0x1000), 7, 123);
    put(0x1010, 8, 5);
    assert_block(get(0x1000), 0, 0);
    assert_block(put(0x1000, 9, 6), 8, 5); // its free was missed
    assert_block(get(0x1010), 0, 0);
    assert_block(get(0x1000), 9, 6);
}

static void test_put_returns_what_was_there(void **state)
{
    (void)state;
    put(0x2000, 7, 100);
    assert_block(put(0x2000, 8, 200), 7, 100);
    assert_block(get(0x2000), 8, 200);
}

static void test_empty_block(void **state)
{
    (void)state;
    put(0x3000, 9, 0);
    assert_block(get(0x3000), 9, 0);
    assert_block(take(0x3000), 9, 0);
}

static void check_borders(unsigned granule)
{
    const uint64_t addresses[] = {
        0,
        granule,
        LEAF - granule,
        LEAF,
        LEAF + granule,
        BRANCH - granule,
        BRANCH,
        BRANCH + granule,
        BRANCH + LEAF - granule,
        BRANCH + LEAF,
        END - LEAF - granule,
        END - LEAF,
        END - granule,
    };
    const size_t count = sizeof(addresses) / sizeof(addresses[0]);

    live_table_init(granule);
    for (size_t i = 0; i < count; i++)
        assert_block(put(addresses[i], (uint32_t)i + 1, i * 1000), 0, 0);
    for (size_t i = 0; i < count; i++)
        assert_block(get(addresses[i]), (uint32_t)i + 1, i * 1000);
    for (size_t i = 0; i < count; i++)
        assert_block(take(addresses[i]), (uint32_t)i + 1, i * 1000);
    for (size_t i = 0; i < count; i++)
        assert_block(get(addresses[i]), 0, 0);
}

static void test_borders_granule_32(void **state)
{
    (void)state;
    check_borders(32);
}

static void test_borders_granule_8(void **state)
{
    (void)state;
    check_borders(8);
}

// Every granule of two leaves that meet.
static void check_neighbours(unsigned granule)
{
    live_table_init(granule);
    for (uint64_t at = BRANCH - 4096; at < BRANCH + 4096; at += granule)
        assert_block(put(at, (uint32_t)(at & 0xffff) + 1, at), 0, 0);
    for (uint64_t at = BRANCH - 4096; at < BRANCH + 4096; at += granule)
        assert_block(get(at), (uint32_t)(at & 0xffff) + 1, at);
}

static void test_neighbours(void **state)
{
    (void)state;
    check_neighbours(32);
    live_table_reset();
    check_neighbours(8);
}

static void test_large_sizes(void **state)
{
    (void)state;
    put(0x4000, 1, LIVE_SIZE_MAX - 1);
    assert_block(get(0x4000), 1, LIVE_SIZE_MAX - 1);
    put(0x4000, 1, LIVE_SIZE_MAX);
    assert_block(get(0x4000), 1, LIVE_SIZE_MAX);
}

static void test_large_stack(void **state)
{
    (void)state;
    put(0x5000, PROFILE_NODES_MAX - 1, LIVE_SIZE_MAX);
    assert_block(get(0x5000), PROFILE_NODES_MAX - 1, LIVE_SIZE_MAX);
}

// "A live block has a stack", and ids go from 1 to PROFILE_NODES_MAX: the last has 26 bits.
static void test_largest_stack(void **state)
{
    (void)state;
    put(0x5000, PROFILE_NODES_MAX, 5);
    assert_block(get(0x5000), PROFILE_NODES_MAX, 5);
}

static void test_beyond_47_bits(void **state)
{
    const uint64_t addresses[] = {END, END + 0x1000, UINT64_C(1) << 56, UINT64_C(1) << 63,
                                  UINT64_MAX - 15};

    (void)state;
    put(0, 1, 1); // what the address would be without its upper bits
    put(0x1000, 1, 1);
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        const void *address = (void *)(uintptr_t)addresses[i];
        bool is_stored = true;

        assert_block(
            live_table_put(address, (struct live_block){.stack = 2, .bytes = 2}, &is_stored), 0, 0);
        assert_false(is_stored);
        assert_block(live_table_get(address), 0, 0);
        assert_block(live_table_take(address), 0, 0);
    }
    assert_block(get(0), 1, 1);
    assert_block(get(0x1000), 1, 1);
}

static void test_reset(void **state)
{
    (void)state;
    put(0x6000, 1, 1);
    put(END - 16, 1, 1);
    live_table_reset();
    assert_block(get(0x6000), 0, 0);
    assert_block(get(END - 16), 0, 0);
    assert_block(put(0x6000, 2, 2), 0, 0);
    assert_block(get(0x6000), 2, 2);
    live_table_reset();
    live_table_reset();
}

#define MODEL_BLOCKS 4096

static void check_against_model(unsigned granule)
{
    static struct live_block model[MODEL_BLOCKS];
    static uint64_t addresses[MODEL_BLOCKS];
    struct random random = {granule};

    memset(model, 0, sizeof(model));
    live_table_init(granule);
    for (uint64_t i = 0; i < MODEL_BLOCKS; i++) // in 16 clusters all over, each crossing a leaf
        addresses[i] = (i % 16) * (END / 16) + 3 * LEAF - 1000 + i / 16 * granule;
    for (uint64_t i = 0; i < MODEL_BLOCKS; i++)
        addresses[i] &= ~(uint64_t)(granule - 1);
    for (unsigned i = 0; i < 300000; i++) {
        uint32_t at = random_below(&random, MODEL_BLOCKS);
        struct live_block block = {.stack = 1 + random_below(&random, PROFILE_NODES_MAX - 1),
                                   .bytes = random_next(&random) & LIVE_SIZE_MAX};

        if (random_below(&random, 2)) {
            assert_block(put(addresses[at], block.stack, block.bytes), model[at].stack,
                         model[at].bytes);
            model[at] = block;
        } else {
            assert_block(take(addresses[at]), model[at].stack, model[at].bytes);
            model[at] = (struct live_block){0};
        }
    }
    for (uint32_t i = 0; i < MODEL_BLOCKS; i++)
        assert_block(get(addresses[i]), model[i].stack, model[i].bytes);
}

static void test_random_events_against_model(void **state)
{
    (void)state;
    check_against_model(32);
    live_table_reset();
    check_against_model(8);
}

#define LEAVES 200

// All threads come upon the same leaves at once; each block is of one thread alone.
static uint64_t thread_block(unsigned thread, uint64_t leaf)
{
    return 5 * BRANCH + leaf * 3 * LEAF + thread * 32;
}

static void put_in_leaves(unsigned thread)
{
    for (uint64_t leaf = 0; leaf < LEAVES; leaf++) {
        bool is_stored;

        live_table_put((void *)(uintptr_t)thread_block(thread, leaf),
                       (struct live_block){.stack = thread + 1, .bytes = leaf}, &is_stored);
    }
}

static void test_threads(void **state)
{
    (void)state;
    run_threads(put_in_leaves);
    for (uint64_t leaf = 0; leaf < LEAVES; leaf++)
        for (unsigned thread = 0; thread < THREADS; thread++)
            assert_block(get(thread_block(thread, leaf)), thread + 1, leaf);
}

// --- stretches: memory comes where blocks have neighbours

static struct live_leaf *leaf_of(uint64_t address)
{
    struct live_leaf *leaf = live_leaf_of((uintptr_t)address);

    assert_non_null(leaf);
    return leaf;
}

static bool has_stretch(uint64_t address)
{
    return live_has_stretch(leaf_of(address), live_slot((uintptr_t)address));
}

static void check_stretches(unsigned granule)
{
    uint64_t covered = ((uint64_t)granule / 8) << LIVE_STRETCH_BITS; // addresses of one stretch
    uint64_t first = 7 * LEAF;

    live_table_init(granule);
    options.heap = HEAP_EXACT;
    put(first, 1, LIVE_SPARSE_BYTES); // alone
    assert_int_equal(leaf_of(first)->stretches, 0);
    put(first + covered, 1, LIVE_SPARSE_BYTES - 1);
    assert_int_equal(leaf_of(first)->stretches, 2);
    assert_false(has_stretch(first + covered - granule));
    assert_true(has_stretch(first + covered));
    assert_true(has_stretch(first + 2 * covered - granule));
    assert_false(has_stretch(first + 2 * covered));
    put(first + LEAF - granule, 1, 1); // the last one
    assert_int_equal(leaf_of(first)->stretches, 2 | UINT64_C(1) << (LEAF / covered - 1));
    for (uint64_t at = first; at < first + LEAF; at += covered)
        put(at, 2, 5);
    assert_int_equal(leaf_of(first)->stretches, UINT64_MAX >> (64 - LEAF / covered));
    assert_block(get(first + LEAF - granule), 1, 1);
}

static void test_stretches(void **state)
{
    (void)state;
    check_stretches(8);
    live_table_reset();
    check_stretches(32);
}

// Of a sampled heap blocks lie far apart.
static void test_stretches_of_a_sampled_heap(void **state)
{
    (void)state;
    options.heap = HEAP_SAMPLED;
    put(9 * LEAF, 1, 1);
    assert_int_equal(leaf_of(9 * LEAF)->stretches, 0);
    options.heap = HEAP_EXACT;
}

// --- the filter

// --- blocks that have locks

static void assert_around(uint64_t address, uint64_t start, uint32_t stack, uint64_t bytes)
{
    uintptr_t found = 1;

    assert_block(live_table_mark_locks(address, &found), stack, bytes);
    assert_int_equal(found, stack ? start : 1); // untouched if there is none
}

static void check_around(uint64_t start, uint64_t bytes)
{
    put(start, 7, bytes);
    for (uint64_t offset = 0; offset < bytes; offset += offset < 4096 ? 1 : 997)
        assert_around(start + offset, start, 7, bytes);
    assert_around(start + bytes - 1, start, 7, bytes);
    assert_around(start + bytes, 0, 0, 0);
    assert_around(start - 1, 0, 0, 0);
    assert_true(get(start).has_locks);
    assert_block(get(start), 7, bytes);
    assert_true(take(start).has_locks);
    assert_around(start, 0, 0, 0);
}

static void test_around(void **state)
{
    static const uint64_t sizes[] = {1, 8, 16, 24, 31, 32, 33, 100, 4096, 100000, 1 << 20};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        check_around(0x10001000, sizes[i]);
        check_around(0x10001010, sizes[i]);         // the other place
        check_around(BRANCH + LEAF - 32, sizes[i]); // across leaves
        check_around(2 * BRANCH - 64, sizes[i]);    // across branches
    }
    live_table_reset();
    live_table_init(8);
    check_around(0x10001008, 8);
    check_around(0x10001008, 1000);
}

// One with a neighbour on each side, of which none may be taken for it.
static void check_neighbours_around(unsigned granule, uint64_t first)
{
    live_table_init(granule);
    for (uint32_t i = 0; i < 64; i++) // a granule each, not quite full
        put(first + i * granule, i + 1, granule - 3);
    for (uint64_t at = first; at < first + 64 * granule; at++) {
        uint32_t index = (uint32_t)((at - first) / granule);
        bool is_in = (at - first) % granule < granule - 3;

        assert_around(at, first + index * granule, is_in ? index + 1 : 0, is_in ? granule - 3 : 0);
    }
}

static void test_around_neighbours(void **state)
{
    (void)state;
    check_neighbours_around(32, 0x10000000);
    live_table_reset();
    check_neighbours_around(32, 0x10000010);
    live_table_reset();
    check_neighbours_around(32, BRANCH - 1024);
    live_table_reset();
    check_neighbours_around(8, 0x10000008);
}

// Which one was found last says nothing of the next.
static void test_around_in_any_order(void **state)
{
    struct random random = {21};

    (void)state;
    for (uint32_t i = 0; i < 300; i++)
        put(0x10000000 + i * UINT64_C(20000), i + 1, 10000);
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t offset = random_below(&random, 300 * 20000);
        uint64_t index = offset / 20000;
        bool is_in = offset % 20000 < 10000;

        if (random_below(&random, 50) == 0) { // it moves to the other half
            take(0x10000000 + index * 20000);
            put(0x10000000 + index * 20000, (uint32_t)index + 1, 10000);
        }
        assert_around(0x10000000 + offset, 0x10000000 + index * 20000,
                      is_in ? (uint32_t)index + 1 : 0, is_in ? 10000 : 0);
    }
}

static void test_mark_of_the_one_that_was_latest(void **state)
{
    (void)state;
    put(0x10000000, 1, 1000);
    assert_around(0x10000100, 0x10000000, 1, 1000);
    take(0x10000000);
    assert_around(0x10000100, 0, 0, 0);
    put(0x10000000, 2, 64); // another, smaller one in its place
    assert_around(0x10000100, 0, 0, 0);
    assert_around(0x10000020, 0x10000000, 2, 64);
    put(0x10000100, 3, 64);
    assert_around(0x10000100, 0x10000100, 3, 64);
}

// No further than a mebibyte, in blocks or in nothing.
static void test_around_far_away(void **state)
{
    const uint64_t far = 256 << 10;

    (void)state;
    put(0x10000000, 1, 8 * far);
    assert_around(0x10000000 + far - 32, 0x10000000, 1, 8 * far);
    assert_around(0x30000000, 0, 0, 0); // nothing there
    put(0x30000000, 2, 1);
    assert_around(0x30000000, 0x30000000, 2, 1);                 // the latest now
    assert_around(0x10000000 + 2 * far, 0x10000000, 1, 8 * far); // one of the latest
    for (uint64_t i = 1; i < 5; i++) {
        put(0x30000000 + i * far, 2, 1);
        assert_around(0x30000000 + i * far, 0x30000000 + i * far, 2, 1);
    }
    assert_around(0x10000000 + 2 * far, 0, 0, 0);
    assert_around(0x20, 0, 0, 0); // the start of the address space
    assert_around(END + 0x1000, 0, 0, 0);
    assert_around(UINT64_MAX - 7, 0, 0, 0);
}

// A block of no bytes has nothing inside.
static void test_around_empty_blocks(void **state)
{
    (void)state;
    put(0x10000000, 1, 100);
    put(0x10000080, 2, 0);
    assert_around(0x10000080, 0, 0, 0);
    assert_around(0x10000090, 0, 0, 0);
    assert_around(0x10000050, 0x10000000, 1, 100);
}

static void test_put_keeps_the_mark(void **state)
{
    struct live_block taken;
    bool is_stored;

    (void)state;
    put(0x10000010, 7, LIVE_SIZE_MAX);
    assert_false(get(0x10000010).has_locks);
    assert_around(0x10000018, 0x10000010, 7, LIVE_SIZE_MAX);
    taken = take(0x10000010);
    assert_true(taken.has_locks);
    live_table_put((void *)UINT64_C(0x10000010), taken, &is_stored); // a realloc that failed
    assert_true(get(0x10000010).has_locks);
    assert_block(get(0x10000010), 7, LIVE_SIZE_MAX);
    assert_block(get(0x10000000), 0, 0);
    assert_true(put(0x10000010, 8, 5).has_locks); // its free was missed
    assert_false(get(0x10000010).has_locks);      // another block
}

static uint32_t freed_at(uint64_t address)
{
    return live_table_freed_at((const void *)(uintptr_t)address);
}

static void test_freed_blocks_leave_their_stack(void **state)
{
    uintptr_t start;

    (void)state;
    assert_int_equal(freed_at(0x1000), 0); // no leaf
    put(0x1000, 7, 123);
    assert_int_equal(freed_at(0x1000), 0);
    assert_int_equal(freed_at(0x1020), 0);
    take(0x1000);
    assert_int_equal(freed_at(0x1000), 7);
    assert_block(take(0x1000), 0, 0);
    assert_int_equal(freed_at(0x1000), 7);
    put(0x1010, PROFILE_NODES_MAX, 1);
    assert_int_equal(freed_at(0x1000), 0);
    take(0x1010);
    assert_int_equal(freed_at(0x1010), PROFILE_NODES_MAX);
    put(0x0f00, 3, 0x200); // around what was freed
    assert_block(live_table_find_around(0x1010, &start), 3, 0x200);
    assert_int_equal(start, 0x0f00);
    assert_false(get(0x0f00).has_locks);
}

#define FILTER_BLOCKS 3000

static const void *filter_block(uint32_t index)
{
    return (const void *)(UINT64_C(0x7f0000000000) + index * UINT64_C(16));
}

static void assert_filter_is_empty(void)
{
    for (size_t i = 0; i < 1 << LIVE_FILTER_BITS; i++)
        assert_int_equal(live_filter[i], 0);
}

static void test_filter_has_what_was_added(void **state)
{
    (void)state;
    assert_false(live_filter_may_have(filter_block(0)));
    for (uint32_t i = 0; i < FILTER_BLOCKS; i++) {
        live_filter_add(filter_block(i));
        for (uint32_t j = i & ~63u; j <= i; j++)
            assert_true(live_filter_may_have(filter_block(j)));
    }
    for (uint32_t i = 0; i < FILTER_BLOCKS; i++) {
        assert_true(live_filter_may_have(filter_block(i)));
        live_filter_remove(filter_block(i));
    }
    assert_filter_is_empty();
}

// Blocks come and go in any order: none that is there is ever denied.
static void test_filter_against_model(void **state)
{
    static bool is_in[FILTER_BLOCKS];
    struct random random = {11};
    unsigned strangers = 0;

    (void)state;
    memset(is_in, 0, sizeof(is_in));
    for (unsigned i = 0; i < 300000; i++) {
        uint32_t block = random_below(&random, FILTER_BLOCKS);

        is_in[block] ? live_filter_remove(filter_block(block))
                     : live_filter_add(filter_block(block));
        is_in[block] = !is_in[block];
        block = random_below(&random, FILTER_BLOCKS);
        if (is_in[block])
            assert_true(live_filter_may_have(filter_block(block)));
        strangers += live_filter_may_have(filter_block(FILTER_BLOCKS + 1 + i));
    }
    assert_true(strangers < 300000 / 50); // hardly any
    for (uint32_t i = 0; i < FILTER_BLOCKS; i++)
        if (is_in[i])
            live_filter_remove(filter_block(i));
    assert_filter_is_empty();
}

// The same address: more blocks than a count can hold.
static void test_filter_count_is_full(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++)
        live_filter_add(filter_block(1));
    for (int i = 0; i < 40; i++) {
        assert_true(live_filter_may_have(filter_block(1)));
        live_filter_remove(filter_block(1));
    }
    assert_true(live_filter_may_have(filter_block(1))); // what was not counted may be there
    live_table_reset();
    assert_false(live_filter_may_have(filter_block(1)));
}

// What was never added is removed: other blocks stay.
static void test_filter_removed_too_often(void **state)
{
    (void)state;
    live_filter_remove(filter_block(2));
    live_filter_add(filter_block(2));
    assert_true(live_filter_may_have(filter_block(2)));
    live_filter_remove(filter_block(2));
    live_filter_add(filter_block(2));
    assert_true(live_filter_may_have(filter_block(2)));
}

static void add_and_remove(unsigned thread)
{
    for (uint32_t i = 0; i < 200000; i++) {
        const void *block = filter_block(thread * 1000 + i % 100);

        live_filter_add(block);
        if (live_filter_may_have(block))
            live_filter_remove(block);
    }
}

static void test_filter_threads(void **state)
{
    (void)state;
    run_threads(add_and_remove);
    assert_filter_is_empty();
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_put_get_take),
        TEST(test_places_of_a_granule),
        TEST(test_put_returns_what_was_there),
        TEST(test_empty_block),
        TEST(test_borders_granule_32),
        TEST(test_borders_granule_8),
        TEST(test_neighbours),
        TEST(test_large_sizes),
        TEST(test_large_stack),
        TEST(test_largest_stack),
        TEST(test_beyond_47_bits),
        TEST(test_reset),
        TEST(test_random_events_against_model),
        TEST(test_threads),
        TEST(test_stretches),
        TEST(test_stretches_of_a_sampled_heap),
        TEST(test_around),
        TEST(test_around_neighbours),
        TEST(test_around_in_any_order),
        TEST(test_mark_of_the_one_that_was_latest),
        TEST(test_around_far_away),
        TEST(test_around_empty_blocks),
        TEST(test_put_keeps_the_mark),
        TEST(test_freed_blocks_leave_their_stack),
        TEST(test_filter_has_what_was_added),
        TEST(test_filter_against_model),
        TEST(test_filter_count_is_full),
        TEST(test_filter_removed_too_often),
        TEST(test_filter_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
