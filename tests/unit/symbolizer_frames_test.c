// SPDX-License-Identifier: MIT
//
// symbolizer_frames_test.c - functions, lines and inlined frames of one source, compiled in every
// way that matters, must be the same known answers. Lines are those of symbolizer_fixtures/.
#include "tests/unit/symbolizer_support.h"

#include <stdlib.h>
#include <string.h>

static void check_leaf(const struct opened *opened, uint64_t offset)
{
    struct symbol_frame frames[FRAMES_MAX];
    assert_int_equal(frames_at(opened, offset, frames), 3);
    assert_frame(&frames[0], "leaf", "code.c", 19, true);
    assert_frame(&frames[1], "middle", "code.c", 25, true);
    assert_frame(&frames[2], "outer", "code.c", 32, false);
}

static void check_code(const char *path, const char *symbols, const char *root, uint64_t bias)
{
    struct symbol_frame frames[FRAMES_MAX];
    struct opened opened = open_module_at(path, root, bias);
    check_leaf(&opened, symbol_address(symbols, "spot_leaf"));
    assert_int_equal(frames_at(&opened, symbol_address(symbols, "spot_middle"), frames), 2);
    assert_frame(&frames[0], "middle", "code.c", 26, true);
    assert_frame(&frames[1], "outer", "code.c", 32, false);
    assert_int_equal(frames_at(&opened, symbol_address(symbols, "spot_outer"), frames), 1);
    assert_frame(&frames[0], "outer", "code.c", 33, false);
    assert_int_equal(frames_at(&opened, symbol_address(symbols, "spot_local_function"), frames), 1);
    assert_frame(&frames[0], "local_function", "code.c", 38, false);
    assert_string_equal(frames[0].module, path);
    assert_int_equal(symbolizer_module_state(opened.symbolizer, 0), SYMBOLIZER_OK);
    close_module(&opened);
}

// The state is the fixture's name.
static void test_known_answers(void **state)
{
    const char *path = fixture(*state);
    check_code(path, path, NULL, 0);
    check_code(path, path, NULL, 0x7f0123456000);
}

static void test_without_debug_information(void **state)
{
    (void)state;
    struct symbol_frame frames[FRAMES_MAX];
    const char *path = fixture("code_nodebug.so");
    struct opened opened = open_module(path, NULL);
    assert_int_equal(frames_at(&opened, symbol_address(path, "spot_leaf"), frames), 1);
    assert_frame(&frames[0], "outer", NULL, 0, false);
    close_module(&opened);
}

static void test_c_plus_plus_names(void **state)
{
    struct symbol_frame frames[FRAMES_MAX];
    const char *path = fixture(*state);
    struct opened opened = open_module(path, NULL);
    assert_int_equal(frames_at(&opened, symbol_address(path, "spot_count"), frames), 1);
    assert_frame(&frames[0], "shop::box<long>::count", "names.cc", 15, false);
    assert_int_equal(frames_at(&opened, symbol_address(path, "spot_price"), frames), 2);
    assert_frame(&frames[0], "shop::price", "names.cc", 22, true);
    assert_frame(&frames[1], "shop::sell", "names.cc", 28, false);
    assert_int_equal(frames_at(&opened, symbol_address(path, "spot_hidden"), frames), 1);
    assert_frame(&frames[0], "shop::(anonymous namespace)::hidden", "names.cc", 35, false);
    assert_int_equal(frames_at(&opened, symbol_address(path, "spot_lambda"), frames), 1);
    assert_int_equal(frames[0].line, 47);
    assert_non_null(strstr(frames[0].function, "::operator()"));
    close_module(&opened);
}

static void test_outermost_is_kept(void **state)
{
    (void)state;
    struct symbol_frame frames[2];
    const char *path = fixture("code_dwarf5.so");
    struct opened opened = open_module(path, NULL);
    uint64_t leaf = symbol_address(path, "spot_leaf");
    assert_int_equal(symbolizer_frames(opened.symbolizer, 0, leaf, frames, 0), 0);
    assert_int_equal(symbolizer_frames(opened.symbolizer, 0, leaf, frames, 1), 1);
    assert_frame(&frames[0], "outer", "code.c", 32, false);
    assert_int_equal(symbolizer_frames(opened.symbolizer, 0, leaf, frames, 2), 2);
    assert_frame(&frames[0], "leaf", "code.c", 19, true);
    assert_frame(&frames[1], "outer", "code.c", 32, false);
    close_module(&opened);
}

static void test_answers_are_kept(void **state)
{
    (void)state;
    struct symbol_frame first[FRAMES_MAX], second[FRAMES_MAX];
    const char *path = fixture("code_dwarf5.so");
    struct opened opened = open_module(path, NULL);
    uint64_t leaf = symbol_address(path, "spot_leaf");
    size_t count = frames_at(&opened, leaf, first);
    assert_int_equal(frames_at(&opened, leaf, second), count);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(first[i].function, second[i].function);
        assert_ptr_equal(first[i].file, second[i].file);
        assert_int_equal(first[i].line, second[i].line);
    }
    close_module(&opened);
}

static void test_two_modules(void **state)
{
    (void)state;
    struct symbol_frame frames[FRAMES_MAX];
    const char *path = fixture("code_dwarf5.so");
    struct opened opened = open_module(path, NULL);
    struct symbolizer_module again = {.path = path, .end = UINT64_MAX};
    struct symbolizer_module moved = {.path = path, .start = 0x10000000, .bias = 0x10000000};
    assert_int_equal(symbolizer_add_module(opened.symbolizer, &again), 0);
    assert_int_equal(symbolizer_add_module(opened.symbolizer, &moved), 1);
    assert_int_equal(symbolizer_add_module(opened.symbolizer, &moved), 1);
    uint64_t outer = symbol_address(path, "spot_outer");
    assert_int_equal(
        symbolizer_frames(opened.symbolizer, 1, 0x10000000 + outer, frames, FRAMES_MAX), 1);
    assert_frame(&frames[0], "outer", "code.c", 33, false);
    close_module(&opened);
}

static void test_unknown_addresses(void **state)
{
    (void)state;
    const uint64_t addresses[] = {0, 1, UINT64_MAX, UINT64_MAX / 2};
    struct symbol_frame frames[FRAMES_MAX];
    struct opened opened = open_module(fixture("code_dwarf5.so"), NULL);
    for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
        assert_int_equal(frames_at(&opened, addresses[i], frames), 1);
        assert_null(frames[0].function);
        assert_null(frames[0].file);
    }
    assert_int_equal(symbolizer_frames(opened.symbolizer, 5, 0, frames, FRAMES_MAX), 1);
    assert_null(frames[0].function);
    close_module(&opened);
}

#define known_answers(fixture_name)                                                                \
    {                                                                                              \
        .name = "known answers " fixture_name, .test_func = test_known_answers,                    \
        .initial_state = (void *)(uintptr_t)(fixture_name)                                         \
    }
#define c_plus_plus(fixture_name)                                                                  \
    {                                                                                              \
        .name = "C++ names " fixture_name, .test_func = test_c_plus_plus_names,                    \
        .initial_state = (void *)(uintptr_t)(fixture_name)                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        known_answers("code_dwarf5.so"),
        known_answers("code_dwarf4.so"),
        known_answers("code_dwarf3.so"),
        known_answers("code_zlib.so"),
        known_answers("code_zlib_gnu.so"),
        known_answers("code_lto.so"),
        known_answers("code_split4.so"),
        known_answers("code_split5.so"),
        known_answers("code_sections.so"),
        known_answers("code_dwz.so"),
        known_answers("code_clang.so"),
        known_answers("code_clang4.so"),
        known_answers("code_clang_split.so"),
        known_answers("code_nopie"),
        known_answers("code_pie"),
        c_plus_plus("names_gcc.so"),
        c_plus_plus("names_clang.so"),
        cmocka_unit_test(test_without_debug_information),
        cmocka_unit_test(test_outermost_is_kept),
        cmocka_unit_test(test_answers_are_kept),
        cmocka_unit_test(test_two_modules),
        cmocka_unit_test(test_unknown_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
