// SPDX-License-Identifier: MIT
//
// render_text_test.c - the text report whatever the profile holds: no line wider than the terminal,
// nothing that moves its cursor, no spaces at the end; and words that depend on what was recorded.
#include "report/model/units.h"
#include "report/text/text_table.h"
#include "tests/unit/profile_fixture.h"

#include <stdlib.h>
#include <string.h>

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

static void test_every_view_of_locks_fits(void **state)
{
    (void)state;
    profile_builder_fill_locks(&built);
    load_built(&profile, &built);
    for (const struct view *view = views; view->name; view++)
        if (view->tables)
            assert_fits(view->name);
    assert_says("all", "\n  deadlock! 2 threads wait for each other, for 0x603040 and 0x603000 in");
    assert_says("all", "locks   ! 212 ms waited for 6 locks, 212 ms for 0x601000, 70.8% of it "
                       "behind 0x10fff (demo)");
    assert_says("all", "order   ! potential deadlock of 0x603000 and 0x603040, taken in 0x100ff "
                       "(demo) and 0x102ff (demo)");
    assert_says("block", "    holding  0x10fff");
    assert_says("block", "WAITS  for conditions, barriers, joins, by time");
    assert_says("mutex", "      behind it  0x3fff");
    assert_says("mutex", "    [holder not seen]");
    assert_says("order", "DEADLOCK  2 threads wait for each other, at 1.00 s of the run");
    assert_says("order", "  potential deadlock of 0x603000 and 0x603040\n");
    assert_says("order", "MISUSE  of locks");
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

static void load_sampled(void)
{
    profile_builder_fill_sampled(&built);
    load_built(&profile, &built);
}

static void test_sampled_views_fit(void **state)
{
    (void)state;
    load_sampled();
    for (const struct view *view = views; view->name; view++)
        if (view->tables)
            assert_fits(view->name);
}

static void test_sampled_summary(void **state)
{
    (void)state;
    load_sampled();
    assert_says("all", "~820,541 allocations, ~803 MiB, sampled every 512 KiB (±4.9%)   peak ~26.6 "
                       "MiB   at exit\n            ~25,651 blocks, ~26.6 MiB\n");
    assert_says("all", "~99.7% of the bytes from 0x1fff (demo), ~31.3% of its blocks temporary");
    assert_says("all",
                "note      ~ estimated from 1,604 samples, ± at 95% confidence; places below "
                "1.5 MiB may be missing\n");
    // not of the heap
    assert_says("all", "locks   ! 212 ms waited for 0x601000, 100% of it in 0x3fff (demo)");
}

static void test_sampled_tables(void **state)
{
    (void)state;
    load_sampled();
    assert_says(
        "allocs",
        "bytes   share     sum    blocks  temporary      error\n"
        "  0x1fff  demo         ~801 MiB  ~99.7%  ~99.7%  ~820,002     ~31.3%      ±4.9%\n"
        "  0x2fff  demo         ~1.6 MiB   ~0.2%  ~99.9%       ~26        ~0%  3 samples\n"
        "  0x5fff  demo         ~512 KiB   ~0.1%   ~100%      ~513        ~0%   1 sample\n");
    assert_says("allocs", "0x1fff: ~801 MiB");
    assert_says("inuse",
                "  0x1fff  demo          ~25.0 MiB  ~94.0%  ~94.0%  ~25,625    ~3.1%       "
                "±28%\n"
                "  0x2fff  demo           ~1.6 MiB   ~6.0%   ~100%      ~26    ~100%  "
                "3 samples\n");
    assert_says("peak", "  0x1fff  demo  ~25.0 MiB  ~94.0%  ~94.0%  ~25,625\n");
    assert_says("temporary", "  0x1fff  demo         ~256,251  ~100%  ~100%  ~820,002  ~801 MiB\n");
    assert_says("temporary", "0x1fff: ~256,251 blocks");
    assert_says("threads", "~820,515  ~801 MiB    0 ns\n");
}

// Of what lives, only the samples that live count.
static void test_few_live_samples(void **state)
{
    (void)state;
    profile_builder_fill_sampled(&built);
    struct profile_sampled_cell *kept =
        (struct profile_sampled_cell *)built.sampled_cells.records + 2;
    kept->samples.samples = 12;
    kept->samples.freed_samples = 3;
    load_built(&profile, &built);
    assert_says("allocs", "~26        ~0%     ±106%\n");
    assert_says("inuse", "~26    ~100%  9 samples\n");
}

// Every figure of the heap: none of its numbers stands without the mark.
static void test_no_estimate_without_mark(void **state)
{
    (void)state;
    static const char *const figures[] = {"820,541",  "803 MiB", "820,002", "801 MiB", "25,651",
                                          "26.6 MiB", "256,251", "99.7%",   "31.3%"};
    load_sampled();
    char *text = rendered(&profile, "text", "all");
    for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++)
        for (const char *at = text; (at = strstr(at, figures[i])); at++)
            if (at[-1] != '~')
                fail_msg("%s stands without ~:\n%s", figures[i], text);
    free(text);
}

static void test_exact_heap_has_no_marks(void **state)
{
    (void)state;
    load_demo();
    char *text = rendered(&profile, "text", "all");
    assert_null(strchr(text, '~'));
    assert_null(strstr(text, "±"));
    assert_null(strstr(text, "sample"));
    free(text);
}

static void test_nothing_sampled(void **state)
{
    (void)state;
    built.header.heap_mode = PROFILE_HEAP_SAMPLED;
    built.header.sample_bytes = 512 << 10;
    load_built(&profile, &built);
    assert_says("all", "heap      too little to be sampled every 512 KiB (GAIAPROF_HEAP=exact)\n");
    assert_says("allocs", "  nothing sampled\n");
    assert_fits("all");
}

static void test_nothing_live_sampled(void **state)
{
    (void)state;
    profile_builder_fill_sampled(&built);
    struct profile_sampled_cell *cells = built.sampled_cells.records;
    cells[0] = cells[1] = cells[2] = cells[3]; // freed to the last
    load_built(&profile, &built);
    assert_says("all", "at exit nothing\n            sampled\n");
    assert_says("inuse", "\n  nothing sampled\n");
}

static void test_hostile_samples_fit(void **state)
{
    (void)state;
    profile_builder_fill_sampled(&built);
    struct profile_sampled_cell *cells = built.sampled_cells.records;
    cells[0].samples.variance_bytes = cells[0].samples.variance_blocks = 1e200;
    cells[0].samples.samples = UINT64_MAX / 3;
    cells[2].samples.samples = INT64_MIN;
    cells[2].cell.allocations = cells[2].cell.frees = UINT64_MAX / 3;
    built.header.sample_bytes = UINT64_MAX;
    load_built(&profile, &built);
    for (const struct view *view = views; view->name; view++)
        if (view->tables)
            assert_fits(view->name);
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
        cmocka_unit_test_setup_teardown(test_every_view_of_locks_fits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_summary, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_recorded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sampled_views_fit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sampled_summary, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sampled_tables, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_few_live_samples, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_estimate_without_mark, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_exact_heap_has_no_marks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_sampled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_live_sampled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hostile_samples_fit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_happened, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_losses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hostile_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_live_process, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrapping, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
