// SPDX-License-Identifier: MIT
//
// render_text_test.c - the text report whatever the profile holds: no line wider than the terminal,
// nothing that moves its cursor, no spaces at the end; and words that depend on what was recorded.
#include "report/text_table.h"
#include "report/units.h"
#include "tests/unit/profile_support.h"

#include <stdlib.h>
#include <string.h>

static struct profile_builder built;
static struct profile profile;

static int set_up(void **state)
{
    (void)state;
    profile_builder_init(&built);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    profile_release(&profile);
    profile_builder_release(&built);
    return 0;
}

static void assert_line_is_fine(const char *line)
{
    if (text_columns(line) > TEXT_COLUMNS)
        fail_msg("%zu columns: %s", text_columns(line), line);
    for (const char *at = line; *at; at++)
        assert_true((unsigned char)*at >= ' ' && *at != 0x7f);
    if (*line && line[strlen(line) - 1] == ' ')
        fail_msg("spaces at the end: %s", line);
}

static void assert_fits(const char *view)
{
    char *text = rendered(&profile, "text", view), *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));)
        assert_line_is_fine(line);
    free(text);
}

static void assert_says(const char *view, const char *words)
{
    char *text = rendered(&profile, "text", view);
    if (!strstr(text, words))
        fail_msg("'%s' is not in:\n%s", words, text);
    free(text);
}

static void load_demo(void)
{
    profile_builder_fill_demo(&built);
    load_built(&profile, &built);
}

static void test_every_view_fits(void **state)
{
    (void)state;
    load_demo();
    for (const struct view *view = views; view->name; view++)
        if (view->tables)
            assert_fits(view->name);
}

static void test_summary(void **state)
{
    (void)state;
    load_demo();
    assert_says("all", "gaiaprof  demo (pid 4711)  ran 2.31 s, exited 0");
    assert_says("all", "1,010 allocations, 103 KiB, exact   peak 4.4 KiB   at exit 58 blocks");
    assert_says("all", "locks   ! 212 ms waited for 0x601000, 100% of it in 0x3fff (demo)");
    assert_says("all", "threads ! 1 of 4 finished and were never joined, made by 0x4fff (demo)");
    assert_says("all", "1 of 4 still running at exit");
    assert_says("all", "lost      nothing");
}

static void test_not_recorded(void **state)
{
    (void)state;
    built.header.heap_mode = PROFILE_HEAP_OFF;
    built.header.locks_on = built.header.threads_on = 0;
    load_built(&profile, &built);
    assert_says("all", "heap      not recorded (GAIAPROF_HEAP=exact)");
    assert_says("all", "locks     not recorded (GAIAPROF_LOCKS=on)");
    assert_says("all", "threads   not recorded (GAIAPROF_THREADS=on)");
}

static void test_nothing_happened(void **state)
{
    (void)state;
    load_built(&profile, &built);
    assert_says("all", "heap      no allocations");
    assert_says("all", "locks     none");
    assert_says("all", "threads   none created");
    assert_fits("all");
}

static void test_losses(void **state)
{
    (void)state;
    profile_builder_fill_demo(&built);
    built.header.dropped[PROFILE_DROP_NESTED] = 1;
    built.header.dropped[PROFILE_DROP_PROFILE_FULL] = 1234;
    built.header.truncated_stacks = 5;
    strcpy(built.header.allocator, "libjemalloc.so.2");
    load_built(&profile, &built);
    assert_says("all", "lost    ! 1 event in signal handlers");
    assert_says("all", "1,234 events because the profile");
    assert_says("all", "5 events have stacks of more than 256 frames");
    assert_says("all", "the allocator is libjemalloc.so.2");
    assert_fits("all");
}

static void test_hostile_names(void **state)
{
    (void)state;
    static const char process[] = "/bin/\x1b[31mred\xff\0a";
    char path[4000];
    memset(path, 'x', sizeof(path));
    memcpy(path, "/tmp/\x1b]0;\x07\xe2\x82", 11);
    path[sizeof(path) - 1] = '\0';
    built.process = process;
    built.process_bytes = sizeof(process);
    profile_builder_fill_demo(&built);
    ((struct profile_module *)built.modules.records)->end = 0x400001; // the next has its addresses
    builder_module(&built, 0x400002, 0x500000, path);
    ((struct profile_cell *)built.cells.records)->allocations = UINT64_MAX / 3;
    ((struct profile_cell *)built.cells.records)->allocated_bytes = UINT64_MAX / 3;
    built.header.dropped[PROFILE_DROP_MEMORY] = UINT64_MAX / 2;
    load_built(&profile, &built);
    for (const struct view *view = views; view->name; view++)
        if (view->tables)
            assert_fits(view->name);
}

static void test_live_process(void **state)
{
    (void)state;
    profile_builder_fill_demo(&built);
    built.header.exit_kind = PROFILE_EXIT_NONE;
    profile_builder_finish(&built);
    struct profile_source source = {.path = "demo.gaia",
                                    .bytes = built.bytes,
                                    .length_bytes = built.length_bytes,
                                    .running = true,
                                    .now_ns = 2000000000};
    const char *why;
    assert_int_equal(profile_load(&profile, &source, &why), 0);
    assert_says("all", "ran 1.00 s, still running");
    assert_says("all", "now 58 blocks");
    assert_says("all", "IN USE");
    assert_says("all", "1 of 4 still running, made by");
}

static void test_wrapping(void **state)
{
    (void)state;
    char word[301], *text = NULL;
    size_t length;
    memset(word, 'w', 300);
    word[300] = '\0';
    FILE *out = open_memstream(&text, &length);
    text_wrap("a b c", 12, out);
    text_wrap(word, 12, out);
    text_wrap("", 12, out);
    fclose(out);
    assert_int_equal(strncmp(text, "a b c\n", 6), 0);
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));)
        assert_true(text_columns(line) <= TEXT_COLUMNS);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_view_fits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_summary, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_recorded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_happened, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_losses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hostile_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_live_process, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrapping, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
