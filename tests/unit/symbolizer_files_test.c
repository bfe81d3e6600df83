// SPDX-License-Identifier: MIT
//
// symbolizer_files_test.c - which file is used: separate debug files by build id and by debuglink,
// replaced, deleted and missing modules, paths that are no files.
#include "tests/unit/symbolizer_support.h"

#include <gnu/libc-version.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int setup(void **state)
{
    (void)state;
    make_scratch();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    remove_scratch();
    return 0;
}

// Line 19 is known to the debug file alone.
static bool knows_lines(const struct opened *opened)
{
    struct symbol_frame frames[FRAMES_MAX];
    uint64_t leaf = symbol_address(fixture("code_dwarf5.so"), "spot_leaf");
    size_t count = frames_at(opened, leaf, frames);
    if (count == 1)
        return false;
    assert_int_equal(count, 3);
    assert_frame(&frames[0], "leaf", "code.c", 19, true);
    assert_frame(&frames[2], "outer", "code.c", 32, false);
    return true;
}

static bool finds_lines(const char *path, const char *root)
{
    struct opened opened = open_module(path, root);
    assert_int_equal(symbolizer_module_state(opened.symbolizer, 0), SYMBOLIZER_OK);
    bool known = knows_lines(&opened);
    close_module(&opened);
    return known;
}

static const char *place_module(void)
{
    const char *module = scratch_path("lib/code.so");
    copy_file(fixture("code_stripped.so"), module);
    return module;
}

static void test_link_beside(void **state)
{
    (void)state;
    const char *module = place_module();
    assert_false(finds_lines(module, scratch_path("none")));
    copy_file(fixture("code.debug"), scratch_path("lib/code.debug"));
    assert_true(finds_lines(module, scratch_path("none")));
}

static void test_link_in_debug_directory(void **state)
{
    (void)state;
    copy_file(fixture("code.debug"), scratch_path("lib/.debug/code.debug"));
    assert_true(finds_lines(place_module(), scratch_path("none")));
}

static void test_link_below_root(void **state)
{
    (void)state;
    char directory[PATH_MAX], root[PATH_MAX];
    snprintf(directory, sizeof(directory), "%s", scratch_path("lib"));
    snprintf(root, sizeof(root), "%s", scratch_path("root"));
    copy_file(fixture("code.debug"), scratch_path("root%s/code.debug", directory));
    assert_true(finds_lines(place_module(), root));
}

// The module is reached through a symbolic link to its directory, as /lib is one to /usr/lib.
static void test_link_below_root_of_real_path(void **state)
{
    (void)state;
    char directory[PATH_MAX], alias[PATH_MAX], root[PATH_MAX];
    place_module();
    snprintf(directory, sizeof(directory), "%s", scratch_path("lib"));
    snprintf(alias, sizeof(alias), "%s", scratch_path("alias"));
    snprintf(root, sizeof(root), "%s", scratch_path("root"));
    assert_int_equal(symlink(directory, alias), 0);
    copy_file(fixture("code.debug"), scratch_path("root%s/code.debug", directory));
    assert_true(finds_lines(scratch_path("alias/code.so"), root));
}

static void test_link_with_wrong_crc(void **state)
{
    (void)state;
    struct bytes debug = read_file(fixture("code.debug"));
    debug.data[debug.size] = '\n'; // one byte more, nothing else
    write_file(scratch_path("lib/code.debug"), debug.data, debug.size + 1);
    free(debug.data);
    assert_false(finds_lines(place_module(), scratch_path("none")));
}

static void place_by_build_id(const char *debug_file, const char *hex)
{
    copy_file(debug_file, scratch_path("root/.build-id/%.2s/%s.debug", hex, hex + 2));
}

static void test_build_id(void **state)
{
    (void)state;
    char hex[129];
    struct bytes build_id;
    build_id_hex(fixture("code_stripped.so"), hex, &build_id);
    place_by_build_id(fixture("code.debug"), hex);
    assert_true(finds_lines(place_module(), scratch_path("root")));
    // a file at the right place that belongs to another module
    place_by_build_id(fixture("code_pie"), hex);
    assert_false(finds_lines(place_module(), scratch_path("root")));
    free(build_id.data);
}

static struct opened open_with_build_id(const char *path, const struct bytes *build_id)
{
    struct opened opened = {.symbolizer = symbolizer_new(scratch_path("root"))};
    struct symbolizer_module module = {.path = path,
                                       .end = UINT64_MAX,
                                       .build_id = build_id->data,
                                       .build_id_bytes = build_id->size};
    opened.module = symbolizer_add_module(opened.symbolizer, &module);
    assert_int_equal(opened.module, 0);
    return opened;
}

static void test_replaced(void **state)
{
    (void)state;
    char hex[129];
    struct bytes build_id;
    struct symbol_frame frames[FRAMES_MAX];
    build_id_hex(fixture("code_stripped.so"), hex, &build_id);
    const char *module = scratch_path("lib/code.so");
    copy_file(fixture("names_plain.so"), module);
    struct opened opened = open_with_build_id(module, &build_id);
    assert_int_equal(symbolizer_module_state(opened.symbolizer, 0), SYMBOLIZER_REPLACED);
    uint64_t leaf = symbol_address(fixture("code_dwarf5.so"), "spot_leaf");
    assert_int_equal(frames_at(&opened, leaf, frames), 1);
    assert_null(frames[0].function);
    close_module(&opened);
    // its debug file is still good
    place_by_build_id(fixture("code.debug"), hex);
    opened = open_with_build_id(module, &build_id);
    assert_int_equal(symbolizer_module_state(opened.symbolizer, 0), SYMBOLIZER_REPLACED);
    assert_true(knows_lines(&opened));
    close_module(&opened);
    free(build_id.data);
}

static void test_same_build_id(void **state)
{
    (void)state;
    char hex[129];
    struct bytes build_id;
    build_id_hex(fixture("code_dwarf5.so"), hex, &build_id);
    struct opened opened = open_with_build_id(fixture("code_dwarf5.so"), &build_id);
    assert_int_equal(symbolizer_module_state(opened.symbolizer, 0), SYMBOLIZER_OK);
    assert_true(knows_lines(&opened));
    close_module(&opened);
    free(build_id.data);
}

static enum symbolizer_state state_of(const char *path)
{
    struct opened opened = open_module(path, NULL);
    struct symbol_frame frames[FRAMES_MAX];
    assert_int_equal(frames_at(&opened, 0x1000, frames), 1);
    assert_null(frames[0].function);
    enum symbolizer_state state = symbolizer_module_state(opened.symbolizer, 0);
    close_module(&opened);
    return state;
}

static void test_missing(void **state)
{
    (void)state;
    char fifo[PATH_MAX], text[PATH_MAX];
    snprintf(fifo, sizeof(fifo), "%s", scratch_path("fifo"));
    snprintf(text, sizeof(text), "%s", scratch_path("text"));
    assert_int_equal(mkfifo(fifo, 0600), 0);
    write_file(text, "not an ELF file\n", 16);
    alarm(10);
    assert_int_equal(state_of(""), SYMBOLIZER_MISSING);
    assert_int_equal(state_of("linux-vdso.so.1"), SYMBOLIZER_MISSING);
    assert_int_equal(state_of("[vdso]"), SYMBOLIZER_MISSING);
    assert_int_equal(state_of(scratch_path("none")), SYMBOLIZER_MISSING);
    assert_int_equal(state_of(scratch_path("none (deleted)")), SYMBOLIZER_MISSING);
    assert_int_equal(state_of("/dev/zero"), SYMBOLIZER_MISSING);
    assert_int_equal(state_of("/"), SYMBOLIZER_MISSING);
    assert_int_equal(state_of(fifo), SYMBOLIZER_MISSING);
    assert_int_equal(state_of(text), SYMBOLIZER_MISSING);
    alarm(0);
}

static void test_deleted(void **state)
{
    (void)state;
    char path[PATH_MAX], hex[129];
    struct bytes build_id;
    snprintf(path, sizeof(path), "%s (deleted)", fixture("code_dwarf5.so"));
    build_id_hex(fixture("code_dwarf5.so"), hex, &build_id);
    // whatever is there now, nothing says that it is what was loaded
    assert_int_equal(state_of(path), SYMBOLIZER_REPLACED);
    struct opened opened = open_with_build_id(path, &build_id);
    assert_int_equal(symbolizer_module_state(opened.symbolizer, 0), SYMBOLIZER_OK);
    assert_true(knows_lines(&opened));
    close_module(&opened);
    free(build_id.data);
}

// However often it was loaded: a second reading would not find it any more.
static void test_one_file_is_read_once(void **state)
{
    (void)state;
    const char *module = place_module();
    struct opened opened = open_module(module, scratch_path("none"));
    struct symbolizer_module again = {
        .path = module, .start = 0x10000000, .end = UINT64_MAX, .bias = 0x10000000};
    uint64_t spot = symbol_address(fixture("code_dwarf5.so"), "spot_leaf");
    assert_non_null(function_at(&opened, spot));
    assert_int_equal(unlink(module), 0);
    opened.module = symbolizer_add_module(opened.symbolizer, &again);
    assert_int_equal(opened.module, 1);
    opened.bias = again.bias;
    assert_non_null(function_at(&opened, spot));
    close_module(&opened);
}

static void test_no_file_stays_open(void **state)
{
    (void)state;
    int before = dup(0);
    struct opened opened = open_module(fixture("code_dwarf5.so"), NULL);
    assert_true(knows_lines(&opened));
    int after = dup(0);
    assert_int_equal(after, before + 1);
    close(before);
    close(after);
    close_module(&opened);
}

static int find_libc(struct dl_phdr_info *info, size_t size, void *opaque)
{
    (void)size;
    if (!strstr(info->dlpi_name, "/libc.so"))
        return 0;
    *(struct dl_phdr_info *)opaque = *info;
    return 1;
}

static void test_debug_file_of_libc(void **state)
{
    (void)state;
    char hex[129], path[PATH_MAX];
    struct bytes build_id;
    struct symbol_frame frames[FRAMES_MAX];
    struct dl_phdr_info libc = {0};
    if (!dl_iterate_phdr(find_libc, &libc))
        skip();
    build_id_hex(libc.dlpi_name, hex, &build_id);
    free(build_id.data);
    snprintf(path, sizeof(path), "/usr/lib/debug/.build-id/%.2s/%s.debug", hex, hex + 2);
    if (access(path, R_OK) != 0) {
        print_message("skipped: no %s (Debian package libc6-dbg)\n", path);
        skip();
    }
    struct opened opened = open_module_at(libc.dlpi_name, NULL, libc.dlpi_addr);
    uint64_t offset = (uint64_t)(uintptr_t)gnu_get_libc_version - libc.dlpi_addr;
    size_t count = frames_at(&opened, offset, frames);
    assert_non_null(strstr(frames[count - 1].function, "gnu_get_libc_version"));
    assert_string_equal(strrchr(frames[0].file, '/') + 1, "version.c");
    assert_true(frames[0].line > 0);
    close_module(&opened);
}

#define in_scratch(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_scratch(test_link_beside),
        in_scratch(test_link_in_debug_directory),
        in_scratch(test_link_below_root),
        in_scratch(test_link_below_root_of_real_path),
        in_scratch(test_link_with_wrong_crc),
        in_scratch(test_build_id),
        in_scratch(test_replaced),
        in_scratch(test_same_build_id),
        in_scratch(test_missing),
        in_scratch(test_deleted),
        in_scratch(test_one_file_is_read_once),
        cmocka_unit_test(test_no_file_stays_open),
        cmocka_unit_test(test_debug_file_of_libc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
