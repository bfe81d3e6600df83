// SPDX-License-Identifier: MIT
//
// suppressions_test.c - what a pattern matches, which files are refused, what is suppressed in a
// profile and no longer counts, and that what is generated suppresses what it was made for.
#include "report/leaks/leak_scan.h"
#include "report/model/suppressions.h"
#include "tests/unit/profile_support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct profile_builder built;
static struct profile profile;
static struct suppressions suppressions;
static char path[] = "/tmp/suppressions_test.XXXXXX";

static int set_up(void **state)
{
    (void)state;
    profile_builder_init(&built);
    strcpy(path + sizeof(path) - 7, "XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    profile_release(&profile);
    suppressions_release(&suppressions);
    profile_builder_release(&built);
    unlink(path);
    return 0;
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

// Loads `text` and applies it to what was built.
static void apply(const char *text)
{
    const char *why = "";
    write_file(text);
    suppressions_release(&suppressions);
    int error = suppressions_load(&suppressions, path, &why);
    assert_string_equal(why, "");
    assert_int_equal(error, 0);
    assert_int_equal(suppressions_apply(&suppressions, &profile), 0);
}

// --- patterns

static void test_matching(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool matches;
    } cases[] = {
        {"init", "init", true},
        {"init", "my_init_cache", true},
        {"init", "inti", false},
        {"init", "", false},
        {"^init", "init_cache", true},
        {"^init", "my_init", false},
        {"init$", "my_init", true},
        {"init$", "init_cache", false},
        {"^init$", "init", true},
        {"^init$", "init_init", false},
        {"init$", "init_init", true}, // not only the first init
        {"^a*b$", "ab", true},
        {"^a*b$", "axxbxb", true},
        {"^a*b$", "axxbx", false},
        {"a*b*c", "--a--b--c--", true},
        {"a*b*c", "--c--b--a--", false},
        {"^*b", "aab", true},
        {"*", "x", true},
        {"*", "", false},
        {"^", "x", true},
        {"$", "x", true},
        {"a**b", "ab", true},
        {"*a*", "a", true},
        {"cost$5", "cost$5 each", true}, // in the middle it is a character like any other
        {"a^b", "a^b", true},
        {"operator*", "Matrix::operator*(int)", true},
        {"^std::vector<char*>::push$", "std::vector<char*>::push", true},
        {"libz.so", "/usr/lib/libz.so.1.2.13", true},
        {"aaab", "aaaab", true},
        {"Init", "init", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        if (suppression_matches(cases[i].pattern, cases[i].text) != cases[i].matches)
            fail_msg("'%s' and '%s'", cases[i].pattern, cases[i].text);
}

// --- files

static void test_file(void **state)
{
    (void)state;
    const char *why = "";
    write_file("# a comment\n"
               "\n"
               "leak:one\r\n"
               "   thread:  two \t\n"
               "lock:a:b c\n"
               "  # another\n"
               "order:^last$");
    assert_int_equal(suppressions_load(&suppressions, path, &why), 0);
    const struct suppression *list = suppressions.list;
    assert_true(suppressions.count > 4);
    assert_int_equal(list[0].kind, SUPPRESS_LEAK);
    assert_string_equal(list[0].pattern, "one");
    assert_int_equal(list[0].line, 3);
    assert_string_equal(list[0].file, path);
    assert_int_equal(list[1].kind, SUPPRESS_THREAD);
    assert_string_equal(list[1].pattern, "two");
    assert_string_equal(list[2].pattern, "a:b c");
    assert_int_equal(list[3].kind, SUPPRESS_ORDER);
    assert_string_equal(list[3].pattern, "^last$");
    assert_int_equal(list[3].line, 7);
    assert_null(list[4].file); // built in
}

static void assert_refused(const char *text, const char *words)
{
    const char *why = "";
    char wanted[256];
    write_file(text);
    assert_int_equal(suppressions_load(&suppressions, path, &why), -EINVAL);
    snprintf(wanted, sizeof(wanted), "%s:%s", path, words);
    assert_string_equal(why, wanted);
    assert_int_equal(suppressions.count, 0);
}

static void test_bad_files(void **state)
{
    (void)state;
    const char *why = "";
    assert_refused("leak:a\n\nleek:b\n", "3: no such kind 'leek' (leak, thread, lock, order)");
    assert_refused("leak:\n", "1: no pattern behind 'leak:'");
    assert_refused("{\n", "1: not KIND:PATTERN (the kinds are leak, thread, lock, order)");
    assert_refused(":x\n", "1: no such kind '' (leak, thread, lock, order)");
    assert_int_equal(suppressions_load(&suppressions, "/nonexistent.supp", &why), -ENOENT);
    assert_string_equal(why, "/nonexistent.supp: No such file or directory");
    assert_int_equal(suppressions_load(&suppressions, "/", &why), -EISDIR);
}

static void test_several_files(void **state)
{
    (void)state;
    const char *why = "";
    char files[256];
    write_file("leak:one\n");
    snprintf(files, sizeof(files), ",%s,%s,", path, path);
    assert_int_equal(suppressions_load(&suppressions, files, &why), 0);
    assert_string_equal(suppressions.list[1].pattern, "one");
    assert_null(suppressions.list[2].file);
    size_t both = suppressions.count;
    suppressions_release(&suppressions);
    assert_int_equal(suppressions_load(&suppressions, NULL, &why), 0);
    assert_int_equal(suppressions.count, both - 2);
}

// --- leaks

// Code of this very program, so that it has names.
static uint32_t stack_in(const void *outer, const void *inner)
{
    const uint64_t pcs[] = {(uint64_t)(uintptr_t)outer + 1, (uint64_t)(uintptr_t)inner + 1};
    return builder_stack(&built, pcs, 2);
}

__attribute__((noinline)) void parse_header(void);
__attribute__((noinline)) void read_cache(void);
__attribute__((noinline)) void serve(void);
void parse_header(void)
{
    __asm__ volatile("nop; nop");
}
void read_cache(void)
{
    __asm__ volatile("nop; nop; nop");
}
void serve(void)
{
    __asm__ volatile("nop; nop; nop; nop");
}

extern char __executable_start, etext;

static void add_program(void)
{
    static char exe[4096];
    ssize_t length = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
    assert_true(length > 0);
    exe[length] = '\0';
    builder_module(&built, (uint64_t)(uintptr_t)&__executable_start,
                   (uint64_t)(uintptr_t)&etext + 1, exe);
}

#define LEAKS 4
static struct profile_leak leaks[LEAKS];
static struct leak_scan scan;

// parse_header lost 3 blocks and 8 with them, read_cache may have lost 2 and still has 41.
static void load_leaks(void)
{
    const char *why = "";
    add_program();
    uint32_t parse = stack_in(serve, parse_header), cache = stack_in(serve, read_cache);
    leaks[0] = (struct profile_leak){parse, PROFILE_LEAK_DEFINITE, 3, 120, 8, 4096, {0}};
    leaks[1] = (struct profile_leak){cache, PROFILE_LEAK_POSSIBLE, 2, 64, 0, 0, {0}};
    leaks[2] = (struct profile_leak){cache, PROFILE_LEAK_REACHABLE, 41, 73800, 0, 0, {0}};
    leaks[3] = (struct profile_leak){cache, PROFILE_LEAK_INDIRECT, 10, 5000, 0, 0, {0}};
    scan = (struct leak_scan){.head.is_classified = 1, .leaks = leaks, .leak_count = LEAKS};
    profile_builder_finish(&built);
    struct profile_source source = {.path = "test.gaia",
                                    .bytes = built.bytes,
                                    .length_bytes = built.length_bytes,
                                    .scan = &scan};
    assert_int_equal(profile_load(&profile, &source, &why), 0);
}

static void assert_total(const struct leak_total *total, int64_t blocks, int64_t bytes)
{
    assert_int_equal(total->blocks, blocks);
    assert_int_equal(total->bytes, bytes);
}

static void test_nothing_suppressed(void **state)
{
    (void)state;
    load_leaks();
    apply("leak:nonesuch\nthread:parse_header\nleak:^serv$\n");
    assert_total(&profile.leaks.totals[PROFILE_LEAK_DEFINITE], 3, 120);
    assert_total(&profile.leaks.totals[PROFILE_LEAK_INDIRECT], 10, 5000);
    assert_total(&profile.leaks.totals[PROFILE_LEAK_POSSIBLE], 2, 64);
    assert_total(&profile.leaks.totals[PROFILE_LEAK_REACHABLE], 41, 73800);
    assert_total(&profile.leaks.suppressed, 0, 0);
    for (size_t i = 0; i < profile.leaks.record_count; i++)
        assert_null(profile.leaks.records[i].suppressed);
}

static void test_definite_takes_indirect_along(void **state)
{
    (void)state;
    load_leaks();
    apply("leak:^parse_header$\n");
    assert_total(&profile.leaks.totals[PROFILE_LEAK_DEFINITE], 0, 0);
    assert_total(&profile.leaks.totals[PROFILE_LEAK_INDIRECT], 2, 904);
    assert_total(&profile.leaks.totals[PROFILE_LEAK_POSSIBLE], 2, 64);
    assert_total(&profile.leaks.suppressed, 11, 4216);
    assert_int_equal(suppressions.list[0].used_count, 1);
    assert_int_equal(suppressions.list[0].blocks, 11);
    assert_int_equal(suppressions.list[0].bytes, 4216);
    assert_ptr_equal(profile.leaks.records[0].suppressed, &suppressions.list[0]);
}

static void test_any_frame_and_first_pattern(void **state)
{
    (void)state;
    load_leaks();
    apply("leak:cache\nleak:^serve$\nleak:suppressions_test\n");
    assert_total(&profile.leaks.suppressed, 13, 4280);
    assert_total(&profile.leaks.totals[PROFILE_LEAK_REACHABLE], 41, 73800); // never
    assert_int_equal(suppressions.list[0].used_count, 1);
    assert_int_equal(suppressions.list[1].used_count, 1);
    assert_int_equal(suppressions.list[2].used_count, 0);
    // the module, and once more: nothing is counted twice
    apply("leak:/suppressions_test$\n");
    assert_int_equal(suppressions.list[0].used_count, 2);
    assert_total(&profile.leaks.suppressed, 13, 4280);
}

static void test_heap_misuse(void **state)
{
    (void)state;
    add_program();
    builder_heap_misuse(&built, &(struct profile_heap_misuse){
                                    .kind = PROFILE_HEAP_MISMATCH,
                                    .stack = stack_in(serve, read_cache),
                                    .free_stack = stack_in(serve, parse_header),
                                    .freed_by = PROFILE_FREED_BY_DELETE,
                                    .count = 1,
                                });
    load_built(&profile, &built);
    apply("leak:nonesuch\n");
    assert_null(profile.heap_misuses[0].suppressed);
    apply("leak:read_cache\n");
    assert_non_null(profile.heap_misuses[0].suppressed);
    apply("leak:parse_header\n");
    assert_non_null(profile.heap_misuses[0].suppressed);
}

// --- the others

static void test_threads(void **state)
{
    (void)state;
    profile_builder_fill_demo(&built);
    load_built(&profile, &built);
    apply("leak:demo\n");
    assert_int_equal(profile.threads.suppressed_leaked, 0);
    apply("thread:/demo$\n"); // of all stacks; only what leaked or runs is worth it
    assert_int_equal(profile.threads.suppressed_leaked, 1);
    assert_int_equal(profile.threads.suppressed_running, 1);
    assert_int_equal(profile.threads.leaked, 1);
    assert_int_equal(suppressions.list[0].used_count, 2);
    apply("thread:^worker$\n"); // by name
    assert_int_equal(profile.threads.suppressed_leaked, 1);
    apply("thread:^orker$\n");
    assert_int_equal(profile.threads.suppressed_leaked, 0);
}

static void test_locks_and_order(void **state)
{
    (void)state;
    size_t suppressed = 0;
    profile_builder_fill_locks(&built);
    load_built(&profile, &built);
    assert_true(profile.misuse_count > 1 && profile.order_count > 1);
    apply("lock:^0x601000$\norder:^0x603000$\n");
    for (size_t i = 0; i < profile.lock_count; i++)
        if (profile.locks[i].suppressed) {
            assert_string_equal(profile.locks[i].name, "0x601000");
            suppressed++;
        }
    assert_int_equal(suppressed, 1);
    assert_non_null(profile.order[0].suppressed);
    apply("lock:demo\norder:demo\n");
    for (size_t i = 0; i < profile.misuse_count; i++)
        assert_non_null(profile.misuses[i].suppressed);
    for (size_t i = 0; i < profile.order_count; i++)
        assert_non_null(profile.order[i].suppressed);
}

// --- generating

static char *generated(void)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_int_equal(suppressions_generate(&profile, out), 0);
    fclose(out);
    return text;
}

static void test_generated_text(void **state)
{
    (void)state;
    load_leaks();
    char *text = generated();
    assert_string_equal(text, "# 3 blocks, 120 B, definite; 8 blocks, 4.0 KiB, lost with them\n"
                              "leak:^parse_header$\n"
                              "# 2 blocks, 64 B, possible\n"
                              "leak:^read_cache$\n");
    apply(text);
    free(text);
    assert_total(&profile.leaks.suppressed, 13, 4280);
    text = generated();
    assert_string_equal(text, "");
    free(text);
}

static void test_generated_covers_all(void **state)
{
    (void)state;
    profile_builder_fill_demo(&built);
    profile_builder_fill_locks(&built);
    profile_builder_fill_leaks(&built);
    load_built(&profile, &built);
    char *text = generated(), *again;
    apply(text);
    again = generated();
    assert_string_equal(again, "");
    assert_true(strstr(text, "thread:") && strstr(text, "lock:") && strstr(text, "order:") &&
                strstr(text, "leak:"));
    assert_int_equal(profile.threads.leaked, profile.threads.suppressed_leaked);
    assert_int_equal(profile.leaks.totals[PROFILE_LEAK_DEFINITE].blocks, 0);
    free(text);
    free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matching),
        cmocka_unit_test_setup_teardown(test_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_several_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_suppressed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_definite_takes_indirect_along, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_any_frame_and_first_pattern, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_heap_misuse, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_threads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_locks_and_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_generated_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_generated_covers_all, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
