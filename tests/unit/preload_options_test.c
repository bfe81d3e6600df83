// SPDX-License-Identifier: MIT
//
// preload_options_test.c - GAIAPROF_OPTIONS and GAIAPROF_<KEY>: what is taken over, what is refused
// and with how many words.
#include "preload/options.h"
#include "tests/unit/preload_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *warnings;

static void read_two(const char *first, const char *second)
{
    char *const environment[] = {"HOME=/nowhere", (char *)first, (char *)second, NULL};

    captured_begin();
    options_read(environment);
    warnings = captured_end();
}

static void read_one(const char *variable)
{
    read_two(variable, NULL);
}

static void assert_silent(void)
{
    assert_string_equal(warnings, "");
}

// One line, which names the culprit.
static void assert_one_warning(const char *word)
{
    assert_int_equal(count_lines(warnings), 1);
    assert_int_equal(strncmp(warnings, "gaiaprof: ", 10), 0);
    assert_int_equal(warnings[strlen(warnings) - 1], '\n');
    assert_non_null(strstr(warnings, word));
}

static void assert_defaults(void)
{
    assert_string_equal(options.output, "%e.%p.gaia");
    assert_string_equal(options.report_file, "");
    assert_int_equal(options.report, REPORT_TEXT);
    assert_int_equal(options.heap, HEAP_EXACT);
    assert_int_equal(options.locks, 1);
    assert_int_equal(options.threads, 1);
    assert_int_equal(options.follow, FOLLOW_NONE);
    assert_int_equal(options.arguments, 1);
    assert_int_equal(options.max_frames, 256);
    assert_int_equal(options.sample_bytes, 0);
    assert_int_equal(options.sample_seed, 0);
    assert_int_equal(options.unwind, UNWIND_CFI);
}

static void test_defaults(void **state)
{
    (void)state;
    memset(&options, 0xff, sizeof(options));
    read_one(NULL);
    assert_silent();
    assert_defaults();
}

static void test_defaults_survive_empty_lists(void **state)
{
    static const char *const lists[] = {
        "GAIAPROF_OPTIONS=", "GAIAPROF_OPTIONS=:", "GAIAPROF_OPTIONS=:::"};

    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        read_one(lists[i]);
        assert_silent();
        assert_defaults();
    }
}

static void test_enumerations(void **state)
{
    static const struct {
        const char *variable;
        unsigned *value;
        unsigned expected;
    } cases[] = {
        {"GAIAPROF_REPORT=none", &options.report, REPORT_NONE},
        {"GAIAPROF_REPORT=text", &options.report, REPORT_TEXT},
        {"GAIAPROF_REPORT=json", &options.report, REPORT_JSON},
        {"GAIAPROF_HEAP=off", &options.heap, HEAP_OFF},
        {"GAIAPROF_HEAP=exact", &options.heap, HEAP_EXACT},
        {"GAIAPROF_LOCKS=off", &options.locks, 0},
        {"GAIAPROF_LOCKS=on", &options.locks, 1},
        {"GAIAPROF_THREADS=off", &options.threads, 0},
        {"GAIAPROF_THREADS=on", &options.threads, 1},
        {"GAIAPROF_FOLLOW=none", &options.follow, FOLLOW_NONE},
        {"GAIAPROF_FOLLOW=fork", &options.follow, FOLLOW_FORK},
        {"GAIAPROF_FOLLOW=exec", &options.follow, FOLLOW_EXEC},
        {"GAIAPROF_FOLLOW=all", &options.follow, FOLLOW_ALL},
        {"GAIAPROF_UNWIND=cfi", &options.unwind, UNWIND_CFI},
        {"GAIAPROF_UNWIND=libunwind", &options.unwind, UNWIND_LIBUNWIND},
        {"GAIAPROF_UNWIND=check", &options.unwind, UNWIND_CHECK},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        read_one(cases[i].variable);
        assert_silent();
        assert_int_equal(*cases[i].value, cases[i].expected);
    }
}

static void test_follow(void **state)
{
    (void)state;
    options.follow = FOLLOW_NONE;
    assert_false(options_follow_fork() || options_follow_exec());
    options.follow = FOLLOW_FORK;
    assert_true(options_follow_fork() && !options_follow_exec());
    options.follow = FOLLOW_EXEC;
    assert_true(!options_follow_fork() && options_follow_exec());
    options.follow = FOLLOW_ALL;
    assert_true(options_follow_fork() && options_follow_exec());
}

static void test_counts(void **state)
{
    (void)state;
    read_one("GAIAPROF_MAX_FRAMES=1");
    assert_int_equal(options.max_frames, 1);
    assert_silent();
    read_one("GAIAPROF_MAX_FRAMES=1024");
    assert_int_equal(options.max_frames, 1024);
    assert_silent();
    read_one("GAIAPROF_MAX_FRAMES=007");
    assert_int_equal(options.max_frames, 7);
    assert_silent();
}

static void test_largest_count(void **state)
{
    (void)state;
    read_one("GAIAPROF_SAMPLE_SEED=4294967295");
    assert_silent();
    assert_int_equal(options.sample_seed, UINT32_MAX);
}

static void test_sizes(void **state)
{
    static const struct {
        const char *variable;
        uint64_t bytes;
    } cases[] = {
        {"GAIAPROF_HEAP=1024", 1024},          {"GAIAPROF_HEAP=524288", 512 << 10},
        {"GAIAPROF_HEAP=100000", 100000},      {"GAIAPROF_HEAP=1k", 1024},
        {"GAIAPROF_HEAP=512k", 512 << 10},     {"GAIAPROF_HEAP=512K", 512 << 10},
        {"GAIAPROF_HEAP=0512k", 512 << 10},    {"GAIAPROF_HEAP=2m", 2 << 20},
        {"GAIAPROF_HEAP=2M", 2 << 20},         {"GAIAPROF_HEAP=1g", 1 << 30},
        {"GAIAPROF_HEAP=1G", 1 << 30},         {"GAIAPROF_HEAP=1024m", 1 << 30},
        {"GAIAPROF_HEAP=1073741824", 1 << 30}, {"GAIAPROF_OPTIONS=heap=off:heap=64k", 64 << 10},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        read_one(cases[i].variable);
        assert_silent();
        assert_int_equal(options.heap, HEAP_SAMPLED);
        assert_int_equal(options.sample_bytes, cases[i].bytes);
    }
}

// A word after a size, from the list and the variable.
static void test_size_and_word(void **state)
{
    (void)state;
    read_two("GAIAPROF_OPTIONS=heap=512k", "GAIAPROF_HEAP=exact");
    assert_silent();
    assert_defaults();
    read_two("GAIAPROF_OPTIONS=heap=512k", "GAIAPROF_HEAP=few");
    assert_one_warning("heap");
    assert_int_equal(options.heap, HEAP_SAMPLED); // a bad value changes nothing
    assert_int_equal(options.sample_bytes, 512 << 10);
}

static void test_bad_values(void **state)
{
    static const char *const variables[] = {
        "GAIAPROF_MAX_FRAMES=0",
        "GAIAPROF_MAX_FRAMES=1025",
        "GAIAPROF_MAX_FRAMES=",
        "GAIAPROF_MAX_FRAMES=12x",
        "GAIAPROF_MAX_FRAMES=-1",
        "GAIAPROF_MAX_FRAMES= 5",
        "GAIAPROF_MAX_FRAMES=5 ",
        "GAIAPROF_MAX_FRAMES=4294967297",
        "GAIAPROF_MAX_FRAMES=0x10",
        "GAIAPROF_HEAP=EXACT",
        "GAIAPROF_HEAP=",
        "GAIAPROF_HEAP=exac",
        "GAIAPROF_HEAP=exactly",
        "GAIAPROF_HEAP=off|exact",
        "GAIAPROF_HEAP=|",
        "GAIAPROF_LOCKS=yes",
        "GAIAPROF_THREADS=1",
        "GAIAPROF_FOLLOW=fork,exec",
        "GAIAPROF_REPORT=html",
        "GAIAPROF_MAX_FRAMES=18446744073709551617",
        "GAIAPROF_OPTIONS=heap=on",
        "GAIAPROF_OPTIONS=max_frames=-3",
        "GAIAPROF_HEAP=0",
        "GAIAPROF_HEAP=1",
        "GAIAPROF_HEAP=1023",
        "GAIAPROF_HEAP=1073741825",
        "GAIAPROF_HEAP=2g",
        "GAIAPROF_HEAP=1048577k",
        "GAIAPROF_HEAP=512kb",
        "GAIAPROF_HEAP=512 k",
        "GAIAPROF_HEAP=k",
        "GAIAPROF_HEAP=0x200000",
        "GAIAPROF_HEAP=1.5m",
        "GAIAPROF_HEAP=-512k",
        "GAIAPROF_HEAP=+512k",
        "GAIAPROF_HEAP=512t",
        "GAIAPROF_HEAP=4294967296",
        "GAIAPROF_HEAP=18446744073709551616k",
        "GAIAPROF_HEAP=17179869185g",
        "GAIAPROF_HEAP=4194305k",
        "GAIAPROF_UNWIND=",
        "GAIAPROF_UNWIND=dwarf",
        "GAIAPROF_SAMPLE_SEED=-1",
        "GAIAPROF_SAMPLE_SEED=4294967296",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        read_one(variables[i]);
        assert_one_warning("bad value");
        assert_defaults();
    }
}

static void test_warning_says_what_is_wanted(void **state)
{
    (void)state;
    read_one("GAIAPROF_FOLLOW=me");
    assert_string_equal(warnings, "gaiaprof: option 'follow': bad value 'me', want "
                                  "none|fork|exec|all\n");
    read_one("GAIAPROF_HEAP=100");
    assert_string_equal(warnings, "gaiaprof: option 'heap': bad value '100', want "
                                  "off|exact|1k..1g\n");
    read_one("GAIAPROF_OPTIONS=max_frames=many");
    assert_string_equal(warnings,
                        "gaiaprof: option 'max_frames': bad value 'many', want 1..1024\n");
}

static void test_unknown_keys(void **state)
{
    static const char *const variables[] = {
        "GAIAPROF_SAMPLE_BYTES=512k",  "GAIAPROF_OPTIONS=sample_bytes=512k",
        "GAIAPROF_HEAPS=off",          "GAIAPROF_=1",
        "GAIAPROF_OPTIONS=heaps=off",  "GAIAPROF_OPTIONS=hea=off",
        "GAIAPROF_OPTIONS==",          "GAIAPROF_OPTIONS=options=heap",
        "GAIAPROF_OPTIONS=heap =exact"};

    (void)state;
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        read_one(variables[i]);
        assert_one_warning("unknown");
        assert_defaults();
    }
}

static void test_key_without_value(void **state)
{
    (void)state;
    read_one("GAIAPROF_OPTIONS=heap");
    assert_one_warning("heap");
    assert_defaults();
}

static void test_other_variables_are_not_options(void **state)
{
    (void)state;
    read_two("GAIAPROF_CLI=/bin/false", "GAIAPROFIT=1");
    assert_silent();
    read_one("GAIAPROF"); // not a variable at all
    assert_silent();
    assert_defaults();
}

static void test_one_line_for_each(void **state)
{
    (void)state;
    read_two("GAIAPROF_OPTIONS=one=1:heap=bad:two=2:threads=off:three", "GAIAPROF_LOCKS=maybe");
    assert_int_equal(count_lines(warnings), 5);
    assert_int_equal(options.threads, 0); // what is good among them counts
    assert_int_equal(options.heap, HEAP_EXACT);
    assert_int_equal(options.locks, 1);
}

static void test_list(void **state)
{
    (void)state;
    read_one("GAIAPROF_OPTIONS=heap=off::report=json:max_frames=17:HEAP=exact:follow=all:");
    assert_silent();
    assert_int_equal(options.report, REPORT_JSON);
    assert_int_equal(options.max_frames, 17);
    assert_int_equal(options.heap, HEAP_EXACT); // the last one wins, in any case of letters
    assert_int_equal(options.follow, FOLLOW_ALL);
}

static void test_list_escapes(void **state)
{
    (void)state;
    read_one("GAIAPROF_OPTIONS=output=a\\:b\\:\\:c\\d\\\\:heap=off");
    assert_silent();
    // "\\:" is a backslash and an escaped colon
    assert_string_equal(options.output, "a:b::c\\d\\:heap=off");
    assert_int_equal(options.heap, HEAP_EXACT);
    read_one("GAIAPROF_OPTIONS=output=x\\");
    assert_string_equal(options.output, "x\\");
    read_one("GAIAPROF_OPTIONS=output=\\::heap=off");
    assert_string_equal(options.output, ":");
    assert_int_equal(options.heap, HEAP_OFF);
}

static void test_values_with_equals_signs(void **state)
{
    (void)state;
    read_two("GAIAPROF_OPTIONS=output=a=b=", "GAIAPROF_REPORT_FILE==c");
    assert_silent();
    assert_string_equal(options.output, "a=b=");
    assert_string_equal(options.report_file, "=c");
}

static void test_variable_needs_no_escapes(void **state)
{
    (void)state;
    read_one("GAIAPROF_OUTPUT=a:b\\:c");
    assert_silent();
    assert_string_equal(options.output, "a:b\\:c");
}

static void test_variable_overrides_list(void **state)
{
    (void)state;
    read_two("GAIAPROF_OPTIONS=heap=off:max_frames=3", "GAIAPROF_HEAP=exact");
    assert_int_equal(options.heap, HEAP_EXACT);
    assert_int_equal(options.max_frames, 3);
    read_two("GAIAPROF_HEAP=exact", "GAIAPROF_OPTIONS=heap=off:max_frames=3");
    assert_int_equal(options.heap, HEAP_EXACT);
    assert_silent();
}

static void test_bad_variable_changes_nothing(void **state)
{
    (void)state;
    read_two("GAIAPROF_OPTIONS=heap=off", "GAIAPROF_HEAP=bad");
    assert_one_warning("heap");
    assert_int_equal(options.heap, HEAP_OFF);
}

static const char *long_variable(const char *start, size_t count)
{
    static char variable[3 * OPTION_TEXT_MAX];
    size_t length = strlen(start);

    memcpy(variable, start, length);
    memset(variable + length, 'x', count);
    variable[length + count] = '\0';
    return variable;
}

static void test_longest_text(void **state)
{
    static const char *const starts[] = {"GAIAPROF_OUTPUT=", "GAIAPROF_OPTIONS=output="};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        read_one(long_variable(starts[i], OPTION_TEXT_MAX - 1));
        assert_silent();
        assert_int_equal(strlen(options.output), OPTION_TEXT_MAX - 1);
    }
}

static void test_texts_too_long(void **state)
{
    static const char *const starts[] = {"GAIAPROF_OUTPUT=", "GAIAPROF_OPTIONS=output=",
                                         "GAIAPROF_REPORT_FILE=", "GAIAPROF_OPTIONS=report_file="};
    static const size_t counts[] = {OPTION_TEXT_MAX, OPTION_TEXT_MAX + 100, 2 * OPTION_TEXT_MAX};

    (void)state;
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 3; j++) {
            read_one(long_variable(starts[i], counts[j]));
            assert_one_warning("bad value");
            assert_defaults();
        }
}

static void test_what_follows_a_text_too_long(void **state)
{
    char list[3 * OPTION_TEXT_MAX + 64];

    (void)state;
    snprintf(list, sizeof(list), "%s:heap=off",
             long_variable("GAIAPROF_OPTIONS=output=", 2 * OPTION_TEXT_MAX));
    read_one(list);
    assert_one_warning("output");
    assert_int_equal(options.heap, HEAP_OFF);
}

static void test_unknown_key_too_long_in_list(void **state)
{
    (void)state;
    read_one(long_variable("GAIAPROF_OPTIONS=", OPTION_TEXT_MAX));
    assert_int_equal(count_lines(warnings), 1);
    assert_defaults();
}

// options.h: "each unknown key ... is one warning". A key of 64 and more letters is passed over.
static void test_long_unknown_variable_warns(void **state)
{
    char *variable = (char *)long_variable("GAIAPROF_", 65);

    (void)state;
    variable[strlen(variable) - 1] = '=';
    read_one(variable);
    assert_one_warning("unknown");
}

// options.h: "is one warning on stderr": a line end in the value makes it two lines, of which the
// second looks like the host's own.
static void test_value_with_line_end_is_one_line(void **state)
{
    (void)state;
    read_one("GAIAPROF_HEAP=of\nf");
    assert_one_warning("heap");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_defaults_survive_empty_lists),
        cmocka_unit_test(test_enumerations),
        cmocka_unit_test(test_follow),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_largest_count),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_size_and_word),
        cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_warning_says_what_is_wanted),
        cmocka_unit_test(test_unknown_keys),
        cmocka_unit_test(test_key_without_value),
        cmocka_unit_test(test_other_variables_are_not_options),
        cmocka_unit_test(test_one_line_for_each),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_list_escapes),
        cmocka_unit_test(test_values_with_equals_signs),
        cmocka_unit_test(test_variable_needs_no_escapes),
        cmocka_unit_test(test_variable_overrides_list),
        cmocka_unit_test(test_bad_variable_changes_nothing),
        cmocka_unit_test(test_longest_text),
        cmocka_unit_test(test_texts_too_long),
        cmocka_unit_test(test_what_follows_a_text_too_long),
        cmocka_unit_test(test_unknown_key_too_long_in_list),
        cmocka_unit_test(test_long_unknown_variable_warns),
        cmocka_unit_test(test_value_with_line_end_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
