// SPDX-License-Identifier: MIT
//
// preload_profile_path_test.c - placeholders of output and report_file, and paths made absolute.
#include "preload/profile_path.h"
#include "tests/unit/preload_support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char path[PATH_MAX];

static void assert_expands(const char *pattern, const char *expected)
{
    assert_true(profile_path_expand(pattern, path, sizeof(path)));
    assert_string_equal(path, expected);
}

static void test_plain_text(void **state)
{
    (void)state;
    assert_expands("", "");
    assert_expands("/a b/c.gaia", "/a b/c.gaia");
}

static void test_percent(void **state)
{
    (void)state;
    assert_expands("%%", "%");
    assert_expands("a%%b%%", "a%b%");
    assert_expands("%%p", "%p");
    assert_expands("%%%%", "%%");
}

static void test_unknown_placeholders_stay(void **state)
{
    (void)state;
    assert_expands("%q", "%q");
    assert_expands("%E%P%1%-", "%E%P%1%-");
    assert_expands("end%", "end%");
    assert_expands("%%%", "%%");
}

static void test_program(void **state)
{
    (void)state;
    assert_expands("%e", program_invocation_short_name);
}

static void test_odd_program_names(void **state)
{
    char *kept = program_invocation_short_name;

    (void)state;
    program_invocation_short_name = "-bash";
    assert_expands("x%e", "xbash");
    program_invocation_short_name = "";
    assert_expands("%e", "program");
    program_invocation_short_name = "--";
    assert_expands("%e", "program");
    program_invocation_short_name = "%p"; // not expanded twice
    assert_expands("%e", "%p");
    program_invocation_short_name = kept;
}

static void test_pid_and_host(void **state)
{
    char expected[PATH_MAX], host[256];

    (void)state;
    assert_int_equal(gethostname(host, sizeof(host)), 0);
    snprintf(expected, sizeof(expected), "%d on %s", (int)getpid(), host);
    assert_expands("%p on %h", expected);
}

static void test_time(void **state)
{
    time_t before = time(NULL);
    char *end;
    long long seconds;

    (void)state;
    assert_true(profile_path_expand("%t", path, sizeof(path)));
    seconds = strtoll(path, &end, 10);
    assert_int_equal(*end, '\0');
    assert_true(seconds >= before - 1 && seconds <= time(NULL) + 1);
}

static void test_overflow(void **state)
{
    char small[8];

    (void)state;
    assert_true(profile_path_expand("1234567", small, sizeof(small)));
    assert_string_equal(small, "1234567");
    assert_false(profile_path_expand("12345678", small, sizeof(small)));
    assert_string_equal(small, "1234567");
    assert_true(profile_path_expand("123456%%", small, sizeof(small)));
    assert_false(profile_path_expand("1234567%%", small, sizeof(small)));
    assert_false(profile_path_expand("1234567%q", small, sizeof(small)));
    assert_false(profile_path_expand("12345%t", small, sizeof(small)));
}

static void test_join(void **state)
{
    (void)state;
    assert_true(profile_path_join("/dir", "file", path, sizeof(path)));
    assert_string_equal(path, "/dir/file");
    assert_true(profile_path_join("/dir", "/abs", path, sizeof(path)));
    assert_string_equal(path, "/abs");
    assert_true(profile_path_join("", "file", path, sizeof(path)));
    assert_string_equal(path, "file");
    assert_true(profile_path_join("/dir", "../x/y", path, sizeof(path)));
    assert_string_equal(path, "/dir/../x/y");
}

static void test_join_overflow(void **state)
{
    char small[8];

    (void)state;
    assert_true(profile_path_join("/ab", "def", small, sizeof(small)));
    assert_string_equal(small, "/ab/def");
    assert_false(profile_path_join("/ab", "defg", small, sizeof(small)));
    assert_false(profile_path_join("/abcdefghijk", "d", small, sizeof(small)));
    assert_false(profile_path_join("", "/abcdefghijk", small, sizeof(small)));
}

static void test_executable(void **state)
{
    char expected[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", expected, sizeof(expected) - 1);
    char small[8];

    (void)state;
    assert_true(length > 0);
    expected[length] = '\0';
    profile_path_executable(path, sizeof(path));
    assert_string_equal(path, expected);
    profile_path_executable(small, sizeof(small));
    assert_true(memchr(small, '\0', sizeof(small)) != NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_text),
        cmocka_unit_test(test_percent),
        cmocka_unit_test(test_unknown_placeholders_stay),
        cmocka_unit_test(test_program),
        cmocka_unit_test(test_odd_program_names),
        cmocka_unit_test(test_pid_and_host),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_join),
        cmocka_unit_test(test_join_overflow),
        cmocka_unit_test(test_executable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
