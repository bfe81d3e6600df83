// SPDX-License-Identifier: MIT
//
// render_units_test.c - numbers with units, text that fits columns, names that are runtime code.
#include "report/model/function_name.h"
#include "report/model/runtime_code.h"
#include "report/model/units.h"
#include "tests/unit/profile_support.h"

#include <stdlib.h>
#include <string.h>

static void test_function_names(void **state)
{
    static const char *const names[][2] = {
        {"main", "main"},
        {"void foo<int>(int)", "foo<int>"},
        {"(anonymous namespace)::Anon::fill(unsigned long)", "(anonymous namespace)::Anon::fill"},
        {"std::vector<int, std::allocator<int> >::push_back(int const&)",
         "std::vector<int, std::allocator<int> >::push_back"},
        {"operator new(unsigned long)", "operator new"},
        {"A::operator()(int) const", "A::operator()"},
        {"A::operator->() const", "A::operator->"},
        {"bool operator< <int>(X<int> const&)", "operator< <int>"},
        {"lam(int)::{lambda(int)#1}::operator()(int) const",
         "lam(int)::{lambda(int)#1}::operator()"},
        {"void ns::g<(anonymous namespace)::T>(int)::{lambda(auto:1)#1}::operator()<int>(int)",
         "ns::g<(anonymous namespace)::T>(int)::{lambda(auto:1)#1}::operator()<int>"},
        {"A::f(int) const::{lambda()#2}::operator()() const",
         "A::f(int) const::{lambda()#2}::operator()"},
        {"foo(int) [clone .constprop.0]", "foo"},
        {"<alloc::vec::Vec<T> as core::ops::Drop>::drop",
         "<alloc::vec::Vec<T> as core::ops::Drop>::drop"},
        {"f(x", "f"},
        {"(((", "("},
        {"void (*make())(int)", "void "},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        size_t length;
        const char *name = function_short_name(names[i][0], &length);
        char *copy = strndup(name, length);
        assert_string_equal(copy, names[i][1]);
        free(copy);
    }
}

static void test_counts(void **state)
{
    (void)state;
    assert_string_equal(unit_count(0).text, "0");
    assert_string_equal(unit_count(999).text, "999");
    assert_string_equal(unit_count(1000).text, "1,000");
    assert_string_equal(unit_count(1204331).text, "1,204,331");
    assert_string_equal(unit_count(-1204331).text, "-1,204,331");
    assert_string_equal(unit_count(INT64_MIN).text, "-9,223,372,036,854,775,808");
}

static void test_bytes(void **state)
{
    (void)state;
    assert_string_equal(unit_bytes(0).text, "0 B");
    assert_string_equal(unit_bytes(999).text, "999 B");
    assert_string_equal(unit_bytes(1023).text, "1023 B");
    assert_string_equal(unit_bytes(1024).text, "1.0 KiB");
    assert_string_equal(unit_bytes(4300).text, "4.2 KiB");
    assert_string_equal(unit_bytes(102348).text, "99.9 KiB");
    assert_string_equal(unit_bytes(102399).text, "100 KiB");
    assert_string_equal(unit_bytes(1048575).text, "1.0 MiB");
    assert_string_equal(unit_bytes(35756441).text, "34.1 MiB");
    assert_string_equal(unit_bytes(512 << 20).text, "512 MiB");
    assert_string_equal(unit_bytes(INT64_MAX).text, "8.0 EiB");
    assert_string_equal(unit_bytes(-2048).text, "-2.0 KiB");
}

static void test_times(void **state)
{
    (void)state;
    assert_string_equal(unit_ns(0).text, "0 ns");
    assert_string_equal(unit_ns(999).text, "999 ns");
    assert_string_equal(unit_ns(1500).text, "1.5 µs");
    assert_string_equal(unit_ns(999499).text, "999 µs");
    assert_string_equal(unit_ns(999500).text, "1.0 ms");
    assert_string_equal(unit_ns(3100000).text, "3.1 ms");
    assert_string_equal(unit_ns(212000000).text, "212 ms");
    assert_string_equal(unit_ns(2310000000).text, "2.31 s");
    assert_string_equal(unit_ns(9999000000).text, "10.0 s");
    assert_string_equal(unit_ns(92400000000).text, "92.4 s");
    assert_string_equal(unit_ns(1204000000000).text, "1,204 s");
    assert_string_equal(unit_ns(-1500).text, "-1.5 µs");
}

static void test_shares(void **state)
{
    (void)state;
    assert_string_equal(unit_share(785, 1000).text, "78.5%");
    assert_string_equal(unit_share(0, 1000).text, "0%");
    assert_string_equal(unit_share(1000, 1000).text, "100%");
    assert_string_equal(unit_share(99999, 100000).text, "100.0%");
    assert_string_equal(unit_share(5, 0).text, "-");
}

static void test_columns(void **state)
{
    (void)state;
    assert_int_equal(text_columns(""), 0);
    assert_int_equal(text_columns("µs"), 2);
    assert_int_equal(text_columns("日本"), 4);
    assert_int_equal(text_columns("e\xcc\x81"), 1); // combining accent
    assert_int_equal(text_columns("\xff\xfe"), 2);
}

static void assert_cut(const char *text, size_t columns, const char *expected)
{
    struct region region = {0};
    const char *cut = text_cut(&region, text, columns);
    assert_string_equal(cut, expected);
    assert_true(text_columns(cut) <= columns);
    region_release(&region);
}

static void test_cutting(void **state)
{
    (void)state;
    assert_cut("short", 5, "short");
    assert_cut("abcdefghij", 7, "abc…hij");
    assert_cut("abcdefghij", 6, "abc…ij");
    assert_cut("abcdefghij", 1, "…");
    assert_cut("abcdefghij", 0, "");
    assert_cut("日本語日本語", 7, "日…語");
    assert_cut("µµµµµµ", 3, "µ…µ");
    assert_cut("abcde…fghij+0x8", 8, "abcd…0x8"); // cut before
    assert_cut("abc…hij", 6, "abc…ij");
    assert_cut("abc…hij", 5, "ab…ij");
    assert_cut("abcdefg…ij", 6, "abc…ij");
    assert_cut("a…bcdefghi…j", 6, "a…j");
}

static void assert_clean(const char *text, const char *utf8, const char *printable)
{
    struct region region = {0};
    assert_string_equal(text_utf8(&region, text), utf8);
    assert_string_equal(text_printable(&region, text), printable);
    region_release(&region);
}

static void test_cleaning(void **state)
{
    (void)state;
    assert_clean("plain", "plain", "plain");
    assert_clean("µ日\xf0\x9f\x98\x80", "µ日\xf0\x9f\x98\x80", "µ日\xf0\x9f\x98\x80");
    assert_clean("\x1b[31m", "\x1b[31m", "\uFFFD[31m");
    assert_clean("a\nb\t", "a\nb\t", "a\uFFFDb\uFFFD");
    assert_clean("\xff", "\uFFFD", "\uFFFD");
    assert_clean("\xc3(", "\uFFFD(", "\uFFFD(");
    assert_clean("\xe2\x82", "\uFFFD\uFFFD", "\uFFFD\uFFFD");                 // cut off
    assert_clean("\xc0\xaf", "\uFFFD\uFFFD", "\uFFFD\uFFFD");                 // overlong
    assert_clean("\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD", "\uFFFD\uFFFD\uFFFD"); // surrogate
    assert_clean("\xe2\x80\xaegnp", "\xe2\x80\xaegnp", "\uFFFDgnp");          // right to left
}

static void test_runtime_modules(void **state)
{
    (void)state;
    assert_true(module_is_runtime("/lib/x86_64-linux-gnu/libc.so.6"));
    assert_true(module_is_runtime("/lib/libc-2.31.so"));
    assert_true(module_is_runtime("/usr/lib/libstdc++.so.6.0.30"));
    assert_true(module_is_runtime("/lib64/ld-linux-x86-64.so.2"));
    assert_true(module_is_runtime("/usr/lib/libjemalloc.so.2"));
    assert_false(module_is_runtime("/usr/lib/libcurl.so.4"));
    assert_false(module_is_runtime("/usr/bin/ld"));
    assert_false(module_is_runtime("/usr/lib/libcairo.so.2"));
    assert_false(module_is_runtime(NULL));
}

static void test_runtime_functions(void **state)
{
    (void)state;
    assert_true(function_is_runtime("operator new(unsigned long)"));
    assert_true(function_is_runtime("std::vector<int, std::allocator<int> >::reserve(unsigned)"));
    assert_true(function_is_runtime("void std::vector<a<b> >::_M_realloc_insert<a<b> const&>()"));
    assert_true(function_is_runtime("__gnu_cxx::new_allocator<char>::allocate(unsigned long)"));
    assert_true(function_is_runtime("alloc::vec::Vec<T>::push"));
    assert_true(function_is_runtime("<alloc::string::String as core::clone::Clone>::clone"));
    assert_false(function_is_runtime("xmalloc"));
    assert_false(function_is_runtime("ns::make(std::string const&)"));
    assert_false(function_is_runtime("std_like"));
    assert_false(function_is_runtime(NULL));
}

static void test_errors(void **state)
{
    (void)state;
    assert_string_equal(unit_error(0, 1000).text, "±0%");
    assert_string_equal(unit_error(0, 0).text, "±0%");
    assert_string_equal(unit_error(1, 1000000).text, "±0.1%"); // not exact
    assert_string_equal(unit_error(31, 1000).text, "±3.1%");
    assert_string_equal(unit_error(31, -1000).text, "±3.1%");
    assert_string_equal(unit_error(99, 1000).text, "±9.9%");
    assert_string_equal(unit_error(100, 1000).text, "±10%");
    assert_string_equal(unit_error(9994, 1000).text, "±999%");
    assert_string_equal(unit_error(9996, 1000).text, "±>999%");
    assert_string_equal(unit_error(5, 0).text, "±>999%");
    assert_string_equal(unit_error(INT64_MAX, INT64_MIN).text, "±100%");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_function_names),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_cutting),
        cmocka_unit_test(test_cleaning),
        cmocka_unit_test(test_runtime_modules),
        cmocka_unit_test(test_runtime_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
