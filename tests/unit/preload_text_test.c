// SPDX-License-Identifier: MIT
//
// preload_text_test.c - text without stdio: cut at the end of its buffer, never beyond; numbers.
#include "preload/text.h"
#include "tests/unit/preload_support.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void test_empty(void **state)
{
    char buffer[4] = "xyz";
    struct text text;

    (void)state;
    text_init(&text, buffer, sizeof(buffer));
    assert_string_equal(buffer, "");
    assert_int_equal(text.length, 0);
    text_add(&text, "");
    assert_false(text.is_cut);
}

// Every capacity: what fits is there, nothing behind the buffer is touched.
static void test_cutting(void **state)
{
    static const char whole[] = "one two three";
    char buffer[64];

    (void)state;
    for (size_t capacity = 1; capacity <= sizeof(whole) + 2; capacity++) {
        struct text text;
        size_t fits = capacity - 1 < strlen(whole) ? capacity - 1 : strlen(whole);

        memset(buffer, '#', sizeof(buffer));
        text_init(&text, buffer, capacity);
        text_add(&text, "one ");
        text_add_bytes(&text, "two xxx", 4);
        text_add(&text, "three");
        assert_int_equal(text.length, fits);
        assert_int_equal(text.is_cut, fits < strlen(whole));
        assert_memory_equal(buffer, whole, fits);
        assert_int_equal(buffer[fits], '\0');
        for (size_t i = capacity; i < sizeof(buffer); i++)
            assert_int_equal(buffer[i], '#');
    }
}

static void test_stays_cut(void **state)
{
    char buffer[4];
    struct text text;

    (void)state;
    text_init(&text, buffer, sizeof(buffer));
    text_add(&text, "long");
    text_add(&text, "");
    assert_true(text.is_cut);
    assert_string_equal(buffer, "lon");
}

static void test_numbers(void **state)
{
    static const uint64_t numbers[] = {
        0, 1, 9, 10, 11, 99, 100, 4294967295, 4294967296, 10000000000000000000u, UINT64_MAX};
    char buffer[32], expected[32];

    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct text text;

        text_init(&text, buffer, sizeof(buffer));
        text_add_number(&text, numbers[i]);
        snprintf(expected, sizeof(expected), "%" PRIu64, numbers[i]);
        assert_string_equal(buffer, expected);
        assert_false(text.is_cut);
    }
}

static void test_number_is_cut(void **state)
{
    char buffer[4];
    struct text text;

    (void)state;
    text_init(&text, buffer, sizeof(buffer));
    text_add_number(&text, 12345);
    assert_string_equal(buffer, "123");
    assert_true(text.is_cut);
}

static void test_warning(void **state)
{
    (void)state;
    captured_begin();
    text_warn(2, "what", "why");
    assert_string_equal(captured_end(), "gaiaprof: what: why\n");
}

static void test_long_warning_is_one_line(void **state)
{
    char long_text[5000];
    const char *said;

    (void)state;
    memset(long_text, 'y', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    captured_begin();
    text_warn(2, "what", long_text);
    said = captured_end();
    assert_int_equal(count_lines(said), 1);
    assert_int_equal(said[strlen(said) - 1], '\n');
    assert_int_equal(strncmp(said, "gaiaprof: what: yyy", 19), 0);
}

static void test_warning_to_no_one(void **state)
{
    (void)state;
    text_warn(-1, "what", "why");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_cutting),
        cmocka_unit_test(test_stays_cut),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_number_is_cut),
        cmocka_unit_test(test_warning),
        cmocka_unit_test(test_long_warning_is_one_line),
        cmocka_unit_test(test_warning_to_no_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
