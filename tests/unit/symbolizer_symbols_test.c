// SPDX-License-Identifier: MIT
//
// symbolizer_symbols_test.c - names from symbol tables: which of several, where they end, PLT
// stubs, IFUNCs, variables; and names demangled within limits.
#include "symbolize/demangle.h"
#include "tests/unit/symbolizer_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void assert_function(const struct opened *opened, uint64_t offset, const char *expected)
{
    const char *function = function_at(opened, offset);
    if (!expected) {
        assert_null(function);
        return;
    }
    assert_non_null(function);
    assert_string_equal(function, expected);
}

static void test_best_of_several_names(void **state)
{
    (void)state;
    const char *path = fixture("symbols.so");
    struct opened opened = open_module(path, NULL);
    uint64_t start = symbol_address(path, "last_of_all");
    assert_function(&opened, start, "last_of_all");
    assert_function(&opened, start + 2, "last_of_all");
    assert_function(&opened, start + 3, NULL);
    close_module(&opened);
}

static void test_ends_of_symbols(void **state)
{
    (void)state;
    const char *path = fixture("symbols.so");
    struct opened opened = open_module(path, NULL);
    uint64_t label = symbol_address(path, "inner_label");
    assert_function(&opened, label - 1, "with_label");
    assert_function(&opened, label, "with_label");
    assert_function(&opened, label + 1, "with_label");
    uint64_t second = symbol_address(path, "unsized_second");
    assert_function(&opened, second - 1, "unsized_first");
    assert_function(&opened, second, "unsized_second");
    assert_function(&opened, second + 1, "unsized_second");
    assert_function(&opened, symbol_address(path, "picked"), "picked");
    assert_function(&opened, symbol_address(path, "in_other_section"), "in_other_section");
    close_module(&opened);
}

static void test_versions_are_hidden(void **state)
{
    (void)state;
    const char *path = fixture("symbols.so");
    struct opened opened = open_module(path, NULL);
    const char *function = function_at(&opened, symbol_address(path, "versioned_new"));
    assert_non_null(function);
    assert_null(strchr(function, '@'));
    assert_int_equal(strncmp(function, "versioned", 9), 0);
    close_module(&opened);
}

static void assert_data(const struct opened *opened, uint64_t address, const char *name,
                        uint64_t offset)
{
    struct data_symbol symbol = {0};
    bool found = symbolizer_data(opened->symbolizer, opened->module, address, &symbol);
    assert_int_equal(found, name != NULL);
    if (!name)
        return;
    assert_string_equal(symbol.name, name);
    assert_int_equal(symbol.offset, offset);
}

static void test_variables(void **state)
{
    (void)state;
    const char *path = fixture("symbols.so");
    struct opened opened = open_module_at(path, NULL, 0);
    uint64_t record = symbol_address(path, "record");
    assert_data(&opened, record, "record", 0);
    assert_data(&opened, record + 8, "record_part", 0);
    assert_data(&opened, record + 15, "record_part", 7);
    assert_data(&opened, record + 16, "record", 16);
    assert_data(&opened, record + 31, "record", 31);
    assert_data(&opened, record + 32, "unsized_variable", 0);
    assert_data(&opened, record + 39, "unsized_variable", 7);
    assert_data(&opened, record + 40, "after_it", 0);
    assert_data(&opened, symbol_address(path, "data_label"), NULL, 0);
    assert_data(&opened, symbol_address(path, "thread_variable"), NULL, 0);
    assert_data(&opened, symbol_address(path, "with_label"), NULL, 0);
    close_module(&opened);
}

static void test_variables_of_c(void **state)
{
    (void)state;
    const char *path = fixture("code_nopie");
    const uint64_t bias = 0x5000;
    struct opened opened = open_module_at(path, NULL, bias);
    assert_data(&opened, bias + symbol_address(path, "code_counter") + 3, "code_counter", 3);
    assert_data(&opened, bias + symbol_address(path, "code_zeroed") + 12, "code_zeroed", 12);
    assert_data(&opened, bias + symbol_address(path, "code_hidden") + 8, "code_hidden", 8);
    close_module(&opened);
}

// Is there a stub of this name in the section? Stubs are 8 or 16 bytes.
static bool has_stub(const char *path, const char *section, const char *expected)
{
    uint64_t start, size;
    bool found = false;
    if (!section_bounds(path, section, &start, &size))
        return false;
    struct opened opened = open_module(path, NULL);
    for (uint64_t offset = start; offset < start + size; offset += 8) {
        const char *function = function_at(&opened, offset);
        found = found || (function && strcmp(function, expected) == 0);
    }
    close_module(&opened);
    return found;
}

// The state is the fixture's name.
static void test_plt(void **state)
{
    const char *path = fixture(*state);
    assert_true(has_stub(path, ".plt", "puts@plt") || has_stub(path, ".plt.sec", "puts@plt") ||
                has_stub(path, ".plt.got", "puts@plt"));
    assert_false(has_stub(path, ".text", "puts@plt"));
}

static void test_plt_of_c_plus_plus(void **state)
{
    (void)state;
    const char *path = fixture("names_gcc.so");
    assert_true(has_stub(path, ".plt", "shop::box<long>::count@plt") ||
                has_stub(path, ".plt.sec", "shop::box<long>::count@plt"));
}

static void test_stripped(void **state)
{
    (void)state;
    const char *path = fixture("code_stripped_program");
    struct opened opened = open_module(path, "/nonexistent");
    assert_int_equal(symbolizer_module_state(opened.symbolizer, 0), SYMBOLIZER_STRIPPED);
    assert_function(&opened, symbol_address(fixture("code_pie"), "spot_outer"), NULL);
    close_module(&opened);
    // the dynamic symbols of a library survive
    opened = open_module(fixture("code_stripped.so"), "/nonexistent");
    assert_int_equal(symbolizer_module_state(opened.symbolizer, 0), SYMBOLIZER_OK);
    uint64_t outer = symbol_address(fixture("code_dwarf5.so"), "spot_outer");
    assert_function(&opened, outer, "outer");
    close_module(&opened);
}

static void assert_demangled(const char *mangled, const char *expected)
{
    struct arena arena = {0};
    assert_string_equal(demangle(&arena, mangled), expected);
    arena_release(&arena);
}

static void test_demangle(void **state)
{
    (void)state;
    assert_demangled("main", "main");
    assert_demangled("", "");
    assert_demangled("_", "_");
    assert_demangled("_Z", "_Z");
    assert_demangled("_start", "_start");
    assert_demangled("_ZN2ns5ClassIiE6methodEi", "ns::Class<int>::method");
    assert_demangled("_Z3addIiET_S0_S0_", "add<int>");
    assert_demangled("_ZN1a3fooEi.part.0", "a::foo");
    assert_demangled("_ZdlPv", "operator delete");
    assert_demangled("_ZTV3foo", "vtable for foo");
    assert_demangled("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE",
                     "core::fmt::Write::write_fmt");
    assert_demangled("_RNvC6_123foo3bar", "123foo::bar");
    assert_demangled("_D3foo3barFiZv", "foo.bar(int)");
}

static char *repeat(const char *head, const char *body, size_t times, const char *tail)
{
    size_t size = strlen(head) + strlen(body) * times + strlen(tail) + 1;
    char *text = malloc(size);
    assert_non_null(text);
    char *end = stpcpy(text, head);
    for (size_t i = 0; i < times; i++)
        end = stpcpy(end, body);
    stpcpy(end, tail);
    return text;
}

// Deep nesting, growth by back references, endless names: an answer at once, whatever it is.
static void test_hostile_names(void **state)
{
    (void)state;
    static const struct {
        const char *head, *body, *tail;
        size_t times;
    } names[] = {
        {"_Z1f", "P", "i", 10000},        {"_Z1f", "P", "i", 900},
        {"_ZN", "1a", "E", 5000},         {"_Z1fI", "1AI", "", 300},
        {"_Z1f", "F", "", 900},           {"_Z", "N", "", 100000},
        {"_R", "NvB_", "", 3000},         {"_RINvC1a1b", "RB_", "E", 3000},
        {"_RNvC1a10000", "x", "", 10000}, {"_D1a", "HQaQb", "", 200},
        {"_D1a1bF", "P", "i", 15000},     {"_D", "1a", "Z", 5000},
        {"_Z1fIJ", "Dp", "EE", 400},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct arena arena = {0};
        char *name = repeat(names[i].head, names[i].body, names[i].times, names[i].tail);
        alarm(10);
        assert_non_null(demangle(&arena, name));
        alarm(0);
        arena_release(&arena);
        free(name);
    }
}

// Every level names the one before twice: 2^n characters from 8n.
static void test_doubling_name(void **state)
{
    (void)state;
    struct arena arena = {0};
    char name[512];
    char *end = stpcpy(name, "_Z1fI1AIiiE");
    end = stpcpy(end, "S_IS1_S1_E");
    for (int i = 2; i < 30; i++)
        end += sprintf(end, "S_IS%c_S%c_E", i < 10 ? '0' + i : 'A' + i - 10,
                       i < 10 ? '0' + i : 'A' + i - 10);
    stpcpy(end, "Evv");
    alarm(10);
    const char *shown = demangle(&arena, name);
    alarm(0);
    assert_true(strlen(shown) <= 32 * 1024);
    arena_release(&arena);
}

static void test_long_rust_name(void **state)
{
    (void)state;
    struct arena arena = {0};
    char *name = repeat("_ZN", "10abcdefghij", 900, "17h0123456789abcdefE");
    const char *shown = demangle(&arena, name);
    assert_int_equal(strlen(shown), 900 * 12 - 2);
    assert_int_equal(strncmp(shown, "abcdefghij::abcdefghij::", 24), 0);
    free(name);
    arena_release(&arena);
}

#define plt(fixture_name)                                                                          \
    {                                                                                              \
        .name = "PLT " fixture_name, .test_func = test_plt,                                        \
        .initial_state = (void *)(uintptr_t)(fixture_name)                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_best_of_several_names),
        cmocka_unit_test(test_ends_of_symbols),
        cmocka_unit_test(test_versions_are_hidden),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_variables_of_c),
        plt("code_dwarf5.so"),
        plt("code_stripped.so"),
        plt("code_ibt.so"),
        plt("code_now.so"),
        plt("code_lld.so"),
        plt("code_nopie"),
        plt("code_stripped_program"),
        cmocka_unit_test(test_plt_of_c_plus_plus),
        cmocka_unit_test(test_stripped),
        cmocka_unit_test(test_demangle),
        cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_doubling_name),
        cmocka_unit_test(test_long_rust_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
