// SPDX-License-Identifier: MIT
//
// module_notes_test.c - which modules can give no names any more is said once, by every format: of
// those that recorded stacks lead through.
#include "tests/unit/profile_fixture.h"

#include <stdlib.h>
#include <string.h>

#define START UINT64_C(0x400000)
#define END UINT64_C(0x600000)

static void allocate_at(uint64_t pc)
{
    uint32_t stack = builder_stack(&built, &pc, 1);
    builder_cell(&built, &(struct profile_cell){stack, 0, 1, 8, 0, 0, 0, 0, 0});
}

static bool says(const char *format, const char *words)
{
    char *text = rendered(&profile, format, "all");
    bool found = strstr(text, words) != NULL;
    free(text);
    return found;
}

static void test_missing(void **state)
{
    static const char words[] = "no names from gone.so: no longer there, or unreadable";
    (void)state;
    builder_module(&built, START, END, "/nonesuch/gone.so");
    allocate_at(START + 16);
    load_built(&profile, &built);
    assert_true(has_note(&profile, words));
    assert_true(says("json", words));
    assert_true(says("text", words));
}

static void test_several(void **state)
{
    (void)state;
    builder_module(&built, START, END, "/nonesuch/one.so");
    builder_module(&built, END, END + 4096, "/nonesuch/two.so");
    allocate_at(START + 16);
    allocate_at(END + 16);
    load_built(&profile, &built);
    assert_true(has_note(&profile, "no names from one.so and 1 other: no longer there"));
}

static void test_outer_frame(void **state)
{
    (void)state;
    const uint64_t pcs[] = {END + 16, START + 16}; // outermost first
    uint32_t stack = builder_stack(&built, pcs, 2);
    builder_module(&built, START, END, "/proc/self/exe");
    builder_module(&built, END, END + 4096, "/nonesuch/outer.so");
    builder_cell(&built, &(struct profile_cell){stack, 0, 1, 8, 0, 0, 0, 0, 0});
    load_built(&profile, &built);
    assert_true(has_note(&profile, "no names from outer.so"));
}

static void test_nothing_of_modules_without_stacks(void **state)
{
    (void)state;
    builder_module(&built, START, END, "/proc/self/exe");
    builder_module(&built, END, END + 4096, "/nonesuch/unused.so");
    allocate_at(START + 16);
    load_built(&profile, &built);
    assert_false(has_note(&profile, "no names from"));
}

static void test_nothing_of_our_own_library(void **state)
{
    (void)state;
    builder_module(&built, START, END, "/nonesuch/libgaiaprof.so");
    allocate_at(START + 16);
    load_built(&profile, &built);
    assert_false(has_note(&profile, "no names from"));
}

static void test_control_characters(void **state)
{
    (void)state;
    builder_module(&built, START, END, "/nonesuch/\x1b[2J.so");
    allocate_at(START + 16);
    load_built(&profile, &built);
    assert_true(has_note(&profile, "no names from \xef\xbf\xbd[2J.so: "));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_missing),
        TEST(test_several),
        TEST(test_outer_frame),
        TEST(test_nothing_of_modules_without_stacks),
        TEST(test_nothing_of_our_own_library),
        TEST(test_control_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
