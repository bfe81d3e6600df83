// SPDX-License-Identifier: MIT
//
// preload_cell_table_test.c - the counters of one thread slot, found by stack: one cell for each
// stack, however many, and all of them in the file.
#include "preload/cell_table.h"
#include "preload/profile_writer.h"
#include "tests/unit/preload_support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define STACKS 20000u

static void check_index(const struct cell_table *table)
{
    size_t used = 0;

    assert_int_equal(table->capacity & (table->capacity - 1), 0);
    assert_true(table->count * 2 <= table->capacity);
    for (size_t i = 0; i < table->capacity; i++)
        used += table->index[i] != NULL;
    assert_int_equal(used, table->count);
}

// Ids as they come (small steps), and as they may come at worst (all over).
static uint32_t stack_of(uint32_t i, bool is_scattered)
{
    return is_scattered ? (i * 2654435761u >> 6) + 1 : i + 1;
}

static void check_many(bool is_scattered, uint32_t slot)
{
    static struct profile_cell *cells[STACKS];
    struct cell_table table = {0};

    for (uint32_t i = 0; i < STACKS; i++) {
        cells[i] = cell_table_get(&table, slot, stack_of(i, is_scattered));
        assert_non_null(cells[i]);
        assert_int_equal(cells[i]->stack, stack_of(i, is_scattered));
        assert_int_equal(cells[i]->allocations, 0);
        cells[i]->allocations = i + 1;
        if (i % 1000 == 0)
            check_index(&table);
    }
    assert_int_equal(table.count, STACKS);
    check_index(&table);
    for (uint32_t i = 0; i < STACKS; i++) // cells never move
        assert_ptr_equal(cell_table_get(&table, slot, stack_of(i, is_scattered)), cells[i]);
    assert_int_equal(table.count, STACKS);
}

static uint32_t count_in_file(uint32_t slot)
{
    struct profile_copy copy;
    const struct profile_chunk *chunk = NULL;
    uint32_t published = 0;

    profile_copy_load(&copy, preload_scratch.path);
    while ((chunk = profile_copy_next(&copy, chunk, PROFILE_CHUNK_CELLS)))
        for (size_t i = 0; chunk->slot == slot && i < profile_chunk_records(chunk); i++) {
            const struct profile_cell *cell = profile_chunk_record(chunk, i);

            published += cell->stack != 0;
            assert_int_equal(cell->allocations != 0, cell->stack != 0);
        }
    profile_copy_release(&copy);
    return published;
}

static void test_thousands_of_stacks(void **state)
{
    (void)state;
    check_many(false, 0);
    check_many(true, 3);
    assert_int_equal(count_in_file(0), STACKS);
    assert_int_equal(count_in_file(3), STACKS);
    assert_int_equal(count_in_file(1), 0);
}

static void test_slots_are_apart(void **state)
{
    struct cell_table first = {0}, second = {0};
    struct profile_cell *cell = cell_table_get(&first, 0, 7);

    (void)state;
    assert_ptr_not_equal(cell_table_get(&second, 1, 7), cell);
    assert_ptr_equal(cell_table_get(&first, 0, 7), cell);
}

static void test_new_cell_is_as_old_as_the_peak(void **state)
{
    struct cell_table table = {0};

    (void)state;
    profile_header->peak_epoch = 5;
    assert_int_equal(cell_table_get(&table, 0, 1)->epoch, 5);
    profile_header->peak_epoch = 6;
    assert_int_equal(cell_table_get(&table, 0, 1)->epoch, 5);
    assert_int_equal(cell_table_get(&table, 0, 2)->epoch, 6);
}

// Each cell of an exact heap has times of its own, behind the cells of its chunk.
static void test_times(void **state)
{
    struct cell_table table = {0};
    struct profile_copy copy;
    const struct profile_chunk *chunk = NULL;
    uint32_t found = 0;

    (void)state;
    for (uint32_t stack = 1; stack <= 1000; stack++) {
        struct profile_cell_times *times = cell_times(cell_table_get(&table, 0, stack));

        assert_int_equal(times->first, 0);
        *times = (struct profile_cell_times){stack, 2 * stack};
    }
    profile_copy_load(&copy, preload_scratch.path);
    while ((chunk = profile_copy_next(&copy, chunk, PROFILE_CHUNK_CELLS))) {
        const struct profile_cell_times *times =
            (const void *)((const char *)(chunk + 1) + chunk->used_bytes);

        assert_int_equal(chunk->length_bytes, PROFILE_CELLS_BYTES);
        assert_true((const char *)(times + PROFILE_CELLS_COUNT) <=
                    (const char *)chunk + chunk->length_bytes);
        for (size_t i = 0; i < profile_chunk_records(chunk); i++) {
            const struct profile_cell *cell = profile_chunk_record(chunk, i);

            assert_int_equal(times[i].first, cell->stack);
            assert_int_equal(times[i].last, 2 * cell->stack);
            found += cell->stack != 0;
        }
    }
    assert_int_equal(found, 1000);
    profile_copy_release(&copy);
}

static void test_family_is_no_part_of_the_stack(void **state)
{
    struct cell_table table = {0};
    struct profile_cell *cell = cell_table_get(&table, 0, 7);

    (void)state;
    assert_int_equal(cell_family(cell), PROFILE_FAMILY_MALLOC);
    cell->stack |= (uint32_t)PROFILE_FAMILY_NEW_ARRAY << PROFILE_CELL_FAMILY_SHIFT;
    assert_int_equal(cell_family(cell), PROFILE_FAMILY_NEW_ARRAY);
    assert_int_equal(cell_stack(cell), 7);
    for (uint32_t stack = 100; stack < 3000; stack++) // the index grows
        cell_table_get(&table, 0, stack);
    assert_ptr_equal(cell_table_get(&table, 0, 7), cell);
}

static void test_full_profile(void **state)
{
    struct cell_table table = {0};
    struct rlimit limit, kept;
    uint32_t stack = 1;

    (void)state;
    getrlimit(RLIMIT_FSIZE, &kept);
    limit = kept;
    limit.rlim_cur = 256u << 10; // the first extent
    setrlimit(RLIMIT_FSIZE, &limit);
    while (stack < 100000 && cell_table_get(&table, 0, stack))
        stack++;
    assert_null(cell_table_get(&table, 0, stack));
    setrlimit(RLIMIT_FSIZE, &kept);
    assert_in_range(stack, 31, 4096);
    assert_int_equal(profile_header->dropped[PROFILE_DROP_PROFILE_FULL], 2);
    for (uint32_t known = 1; known < stack; known++)
        assert_int_equal(cell_table_get(&table, 0, known)->stack, known);
    check_index(&table);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, preload_profile_open, preload_profile_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_thousands_of_stacks),
        TEST(test_slots_are_apart),
        TEST(test_new_cell_is_as_old_as_the_peak),
        TEST(test_times),
        TEST(test_family_is_no_part_of_the_stack),
        TEST(test_full_profile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
