// SPDX-License-Identifier: MIT
//
// profile_leaks_test.c - what the model makes of cells with times and families, of scans for leaks
// and of misuse of the heap; what the text and the JSON say of them.
#include "report/leaks/leak_scan.h"
#include "tests/unit/profile_fixture.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define UNIT ((int64_t)PROFILE_TIME_UNIT_NS)

static uint32_t stack_at(uint64_t pc)
{
    return builder_stack(&built, &pc, 1);
}

static void assert_says(const char *view, const char *words)
{
    char *text = rendered(&profile, "text", view);
    if (!strstr(text, words))
        fail_msg("'%s' is not in:\n%s", words, text);
    free(text);
}

static void assert_silent(const char *view, const char *words)
{
    char *text = rendered(&profile, "text", view);
    if (strstr(text, words))
        fail_msg("'%s' is in:\n%s", words, text);
    free(text);
}

// --- cells

static uint32_t with_family(uint32_t stack, enum profile_family family)
{
    return stack | (uint32_t)family << PROFILE_CELL_FAMILY_SHIFT;
}

static void test_families_are_masked(void **state)
{
    (void)state;
    uint32_t stack = stack_at(0x401000);
    for (uint32_t family = PROFILE_FAMILY_MALLOC; family <= PROFILE_FAMILY_MIXED; family++)
        builder_cell(&built, &(struct profile_cell){.stack = with_family(stack, family),
                                                    .allocations = 1,
                                                    .allocated_bytes = 10});
    load_built(&profile, &built);
    assert_int_equal(profile.heap.site_count, 1);
    assert_int_equal(site_of(&profile, stack)->counts.allocations, 4);
    assert_false(has_note(&profile, "damaged"));
}

static void test_times_of_several_slots(void **state)
{
    (void)state;
    uint32_t stack = stack_at(0x401000), unknown = stack_at(0x402000), early = stack_at(0x403000);
    struct profile_cell cell = {.stack = stack, .allocations = 1, .allocated_bytes = 10};
    struct profile_cell only_frees = {.stack = stack, .frees = 1, .freed_bytes = 10};
    builder_timed_cell(&built, &cell, 300, 400);
    builder_timed_cell(&built, &cell, 200, 350);
    builder_timed_cell(&built, &only_frees, 1, 9999);
    cell.stack = unknown;
    builder_cell(&built, &cell);
    cell.stack = early;
    builder_timed_cell(&built, &cell, 0, 7);
    load_built(&profile, &built);
    assert_int_equal(site_of(&profile, stack)->first_ns, 200 * UNIT);
    assert_int_equal(site_of(&profile, stack)->last_ns, 400 * UNIT);
    assert_int_equal(site_of(&profile, unknown)->first_ns, -1);
    assert_int_equal(site_of(&profile, unknown)->last_ns, -1);
    assert_int_equal(site_of(&profile, early)->first_ns, 0);
    assert_int_equal(site_of(&profile, early)->last_ns, 7 * UNIT);
}

static void test_times_of_many_cells(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= 500; i++)
        builder_timed_cell(
            &built, &(struct profile_cell){.stack = stack_at(0x400000 + i), .allocations = 1}, i,
            i);
    load_built(&profile, &built);
    assert_int_equal(profile.heap.site_count, 500);
    for (uint32_t i = 1; i <= 500; i++)
        assert_int_equal(site_of(&profile, 2 * i)->first_ns, i * UNIT);
}

static void test_no_times_before_version_4(void **state)
{
    (void)state;
    uint32_t stack = stack_at(0x401000);
    built.header.version = 3;
    builder_timed_cell(&built, &(struct profile_cell){.stack = stack, .allocations = 1}, 300, 400);
    load_built(&profile, &built);
    assert_int_equal(site_of(&profile, stack)->first_ns, -1);
}

static void test_times_of_samples(void **state)
{
    (void)state;
    uint32_t stack = stack_at(0x401000);
    built.header.heap_mode = PROFILE_HEAP_SAMPLED;
    built.header.sample_bytes = 1024;
    builder_sampled_cell(
        &built, &(struct profile_sampled_cell){.cell = {.stack = stack, .allocations = 65536},
                                               .samples = {.samples = 1, .times = {30, 40}}});
    load_built(&profile, &built);
    assert_int_equal(site_of(&profile, stack)->first_ns, 30 * UNIT);
    assert_int_equal(site_of(&profile, stack)->last_ns, 40 * UNIT);
}

// The times would lie behind the chunk.
static void test_times_cut_off(void **state)
{
    (void)state;
    const char *why = "";
    uint32_t stack = stack_at(0x401000);
    builder_timed_cell(&built, &(struct profile_cell){.stack = stack, .allocations = 1}, 300, 400);
    profile_builder_finish(&built);
    for (size_t at = PROFILE_HEADER_BYTES; at < built.length_bytes;) {
        struct profile_chunk *chunk = (void *)(built.bytes + at);
        at += chunk->length_bytes;
        if (chunk->type == PROFILE_CHUNK_CELLS)
            chunk->used_bytes = chunk->length_bytes - sizeof(*chunk);
    }
    assert_int_equal(load_bytes(&profile, built.bytes, built.length_bytes, &why), 0);
    assert_int_equal(site_of(&profile, stack)->counts.allocations, 1);
    assert_int_equal(site_of(&profile, stack)->first_ns, -1);
}

// --- leaks

static void load_leaks(void)
{
    profile_builder_fill_leaks(&built);
    load_built(&profile, &built);
}

static void test_records(void **state)
{
    (void)state;
    load_leaks();
    static const struct {
        uint32_t class;
        int64_t bytes, indirect_bytes;
    } wanted[] = {
        {PROFILE_LEAK_DEFINITE, 120, 4096}, // with what is lost with it the most
        {PROFILE_LEAK_DEFINITE, 500, 0},    {PROFILE_LEAK_POSSIBLE, 64, 0},
        {PROFILE_LEAK_INDIRECT, 4096, 0},   {PROFILE_LEAK_REACHABLE, 73800, 0},
    };
    const struct leaks *leaks = &profile.leaks;
    assert_true(leaks->classified);
    assert_int_equal(leaks->record_count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(leaks->records[i].class, wanted[i].class);
        assert_int_equal(leaks->records[i].bytes, wanted[i].bytes);
        assert_int_equal(leaks->records[i].indirect_bytes, wanted[i].indirect_bytes);
    }
    assert_int_equal(leaks->records[0].first_ns, 300 * UNIT);
    assert_int_equal(leaks->records[0].last_ns, 400 * UNIT);
    assert_int_equal(leaks->totals[PROFILE_LEAK_DEFINITE].blocks, 4);
    assert_int_equal(leaks->totals[PROFILE_LEAK_DEFINITE].bytes, 620);
    assert_int_equal(leaks->stopped_ns, 2500000);
    assert_false(leaks->has_growth);
}

static void load_scans(const struct leak_scan *scan, const struct leak_scan *earlier)
{
    const char *why = "";
    profile_builder_finish(&built);
    struct profile_source source = {.path = "test.gaia",
                                    .bytes = built.bytes,
                                    .length_bytes = built.length_bytes,
                                    .running = true,
                                    .now_ns = 4000000000,
                                    .scan = scan,
                                    .earlier_scan = earlier};
    built.header.exit_kind = PROFILE_EXIT_NONE;
    memcpy(built.bytes, &built.header, sizeof(built.header));
    assert_int_equal(profile_load(&profile, &source, &why), 0);
}

static void test_growth(void **state)
{
    (void)state;
    uint32_t grows = stack_at(0x401000), shrinks = stack_at(0x402000), is_new = stack_at(0x403000);
    struct profile_leak before[] = {
        {.stack = grows, .blocks = 2, .bytes = 20},
        {.stack = shrinks, .blocks = 5, .bytes = 5000},
        {.stack = is_new, .class = PROFILE_LEAK_REACHABLE, .blocks = 1, .bytes = 1},
    };
    struct profile_leak after[] = {
        {.stack = grows, .blocks = 3, .bytes = 30}, // in two records
        {.stack = grows, .blocks = 4, .bytes = 40},
        {.stack = shrinks, .blocks = 4, .bytes = 4000},
        {.stack = is_new, .blocks = 1, .bytes = 1},
        {.stack = is_new, .class = 77, .blocks = 1, .bytes = 1},
    };
    builder_module(&built, 0x400000, 0x500000, "/usr/bin/demo");
    struct leak_scan earlier = {
        .head = {.is_classified = 1, .time_ns = 1000000000}, .leaks = before, .leak_count = 3};
    struct leak_scan now = {
        .head = {.is_classified = 1, .time_ns = 3500000000}, .leaks = after, .leak_count = 5};
    load_scans(&now, &earlier);
    assert_true(profile.leaks.has_growth);
    assert_int_equal(profile.leaks.growth_ns, 2500000000);
    assert_int_equal(profile.leaks.record_count, 3);
    assert_int_equal(profile.leaks.records[0].stack, shrinks);
    assert_int_equal(profile.leaks.records[0].grown_bytes, 0);
    assert_int_equal(profile.leaks.records[1].stack, grows);
    assert_int_equal(profile.leaks.records[1].blocks, 7);
    assert_int_equal(profile.leaks.records[1].grown_blocks, 5);
    assert_int_equal(profile.leaks.records[1].grown_bytes, 50);
    assert_int_equal(profile.leaks.records[2].grown_blocks, 1);
    assert_true(has_note(&profile, "1 records of leaks are of no known class"));
    assert_says("leaks", "leaks   ! 6 blocks, 51 B more within 2.50 s, from 0xfff (demo) and 1 "
                         "other place\n            12 blocks, 4.0 KiB definite in all\n");
    assert_says("leaks", "LEAKS  definite, by growth within 2.50 s  grown  blocks");
    assert_says("leaks",
                "\n  0xfff   demo                             50 B       5   70 B       7");
    assert_silent("leaks", "0x1fff"); // it did not grow
}

static void test_unclassified(void **state)
{
    (void)state;
    struct leak_scan now = {.why = "ptrace is denied"};
    built.header.leaks_on = 1;
    load_scans(&now, NULL);
    assert_false(profile.leaks.classified);
    assert_string_equal(profile.leaks.why, "ptrace is denied");
    assert_says("all", "  leaks     unclassified: ptrace is denied\n");
}

static void assert_why(enum profile_exit_kind kind, bool running, const char *words)
{
    const char *why = "";
    profile_builder_finish(&built);
    built.header.exit_kind = kind;
    memcpy(built.bytes, &built.header, offsetof(struct profile_header, used_bytes));
    ((struct profile_header *)(void *)built.bytes)->exit_kind = kind;
    struct profile_source source = {
        .path = "", .bytes = built.bytes, .length_bytes = built.length_bytes, .running = running};
    profile_release(&profile);
    assert_int_equal(profile_load(&profile, &source, &why), 0);
    assert_false(profile.leaks.classified);
    if (!strstr(profile.leaks.why, words))
        fail_msg("'%s', not '%s'", profile.leaks.why, words);
}

static void test_why_not(void **state)
{
    (void)state;
    built.header.leaks_on = 1;
    assert_why(PROFILE_EXIT_EXITED, false,
               "not scanned when it ended (it may have changed its user");
    assert_why(PROFILE_EXIT_EXECED, false, "became another program");
    assert_why(PROFILE_EXIT_SIGNALED, false, "was killed before");
    assert_why(PROFILE_EXIT_NONE, false, "was killed before");
    assert_why(PROFILE_EXIT_NONE, true, "it still runs: gaiaprof report -v leaks 4711 ");
    built.header.leaks_on = 0;
    assert_why(PROFILE_EXIT_EXITED, false, "not asked for (GAIAPROF_LEAKS=on)");
    built.header.version = 3;
    assert_why(PROFILE_EXIT_EXITED, false, "by an older version");
    built.header.heap_bypassed = 1;
    assert_why(PROFILE_EXIT_EXITED, false, "the program's own malloc");
    built.header.heap_bypassed = 0;
    built.header.heap_mode = PROFILE_HEAP_SAMPLED;
    assert_why(PROFILE_EXIT_EXITED, false, "a sampled heap");
    built.header.heap_mode = PROFILE_HEAP_OFF;
    assert_why(PROFILE_EXIT_EXITED, false, "the heap was not recorded");
}

static void test_damaged_stacks(void **state)
{
    (void)state;
    struct profile_leak leaks[] = {{.stack = 4000000, .blocks = 1, .bytes = UINT64_MAX}};
    struct leak_scan scan = {.head.is_classified = 1, .leaks = leaks, .leak_count = 1};
    load_scans(&scan, NULL);
    assert_true(has_note(&profile, "1 stacks are damaged"));
    free(rendered(&profile, "text", "leaks"));
}

// --- misuse of the heap

static void add_mismatch(uint32_t stack, uint32_t free_stack, enum profile_family family,
                         enum profile_freed_by freed_by)
{
    builder_heap_misuse(&built, &(struct profile_heap_misuse){.kind = PROFILE_HEAP_MISMATCH,
                                                              .stack = stack,
                                                              .free_stack = free_stack,
                                                              .allocated_by = family,
                                                              .freed_by = freed_by,
                                                              .count = 1});
}

static void test_misuses(void **state)
{
    (void)state;
    load_leaks();
    assert_int_equal(profile.heap_misuse_count, 3);
    assert_int_equal(profile.heap_misuses[0].record.kind, PROFILE_HEAP_MISMATCH); // 3 times
    assert_int_equal(profile.heap_misuses[1].record.kind, PROFILE_HEAP_FREED_TWICE);
    assert_int_equal(profile.heap_misuses[2].record.kind, PROFILE_HEAP_INTERIOR);
}

// A runtime that is linked statically has its own operators: these are looked up in this program.
__attribute__((noinline)) void own_new(void) __asm__("_Znwm");
__attribute__((noinline)) void own_delete(void) __asm__("_ZdlPv");
void own_new(void)
{
    __asm__ volatile("nop; nop");
}
void own_delete(void)
{
    __asm__ volatile("nop; nop; nop");
}

extern char __executable_start, etext;

static void test_mismatches_of_a_static_runtime(void **state)
{
    (void)state;
    uint32_t somewhere = stack_at(0x1000);
    uint32_t new = stack_at((uint64_t)(uintptr_t)own_new + 1);
    uint32_t delete = stack_at((uint64_t)(uintptr_t)own_delete + 1);
    builder_module(&built, (uint64_t)(uintptr_t)&__executable_start,
                   (uint64_t)(uintptr_t)&etext + 1, "/proc/self/exe");
    add_mismatch(new, somewhere, PROFILE_FAMILY_MALLOC, PROFILE_FREED_BY_DELETE);
    add_mismatch(new, somewhere, PROFILE_FAMILY_MALLOC, PROFILE_FREED_BY_DELETE_ARRAY);
    add_mismatch(somewhere, delete, PROFILE_FAMILY_NEW, PROFILE_FREED_BY_FREE);
    load_built(&profile, &built);
    assert_int_equal(profile.heap_misuse_count, 0);
    profile_release(&profile);
    add_mismatch(somewhere, delete, PROFILE_FAMILY_MALLOC, PROFILE_FREED_BY_DELETE);
    add_mismatch(new, somewhere, PROFILE_FAMILY_NEW, PROFILE_FREED_BY_FREE);
    add_mismatch(new, delete, PROFILE_FAMILY_NEW_ARRAY, PROFILE_FREED_BY_DELETE);
    load_built(&profile, &built);
    assert_int_equal(profile.heap_misuse_count, 3); // nothing speaks against these
}

// --- text

static void test_text(void **state)
{
    (void)state;
    load_leaks();
    assert_says("all",
                "  leaks   ! 4 blocks, 620 B, and 4.0 KiB lost with them, from 0x1fff (demo) "
                "and 1 other place\n"
                "            2 blocks possible, 64 B; 41 reachable, 72.1 KiB\n"
                "  misuse  ! mismatch: 3 blocks allocated by new[] are freed by delete, in "
                "0x7fff (demo); 2 more\n");
    assert_says("leaks", "\nLEAKS  definite, by bytes  bytes  blocks  and with them  first at  "
                         "last at\n"
                         "  0x1fff  demo             120 B       3        4.0 KiB    315 ms   "
                         "419 ms\n"
                         "  0x2fff  demo             500 B       1              -    105 ms   "
                         "105 ms\n");
    assert_says("leaks", "\n    0x1fff: 4.1 KiB, with what is lost with them\n");
    assert_says("leaks", "\nLOST WITH THEM  indirect, by bytes");
    assert_says("leaks", "\n  41 blocks, 72.1 KiB reachable: -v reachable shows them\n");
    assert_says("leaks", "\nMISUSE  of the heap ");
    assert_says("leaks", "\n  interior free          realloc of 64 B at byte 16      1");
    assert_silent("leaks", "\nREACHABLE");
    assert_silent("leaks", "ALLOCATIONS");
    assert_silent("all", "LOST WITH THEM");
    assert_says("reachable", "\nREACHABLE  by bytes ");
    assert_silent("reachable", "LEAKS");
}

// What is hidden counts, but is not what a place is named for.
static void test_text_of_a_selection(void **state)
{
    (void)state;
    load_leaks();
    assert_int_equal(profile.leaks.records[0].blocks, 3);
    profile.leaks.records[0].hidden = true;
    assert_says("all", "  leaks   ! 4 blocks, 620 B, and 4.0 KiB lost with them; shown: 1 block, "
                       "500 B, from 0x2fff (demo)\n");
}

static void test_text_of_none(void **state)
{
    (void)state;
    uint32_t stack = stack_at(0x401000);
    struct profile_leak one[] = {{.stack = stack, .class = PROFILE_LEAK_REACHABLE, .blocks = 41}};
    struct leak_scan scan = {.head.is_classified = 1, .leaks = one};
    load_scans(&scan, NULL);
    assert_says("all", "  leaks     none: nothing is live\n");
    assert_says("leaks", "\nLEAKS\n  nothing\n");
    profile_release(&profile);
    scan.leak_count = 1;
    load_scans(&scan, NULL);
    assert_says("all", "  leaks     none: all 41 live blocks are reachable\n");
    profile_release(&profile);
    one[0].class = PROFILE_LEAK_POSSIBLE;
    load_scans(&scan, NULL);
    assert_says("all", "  leaks     none definite: 41 blocks possible, 0 B\n");
    profile_release(&profile);
    one[0] = (struct profile_leak){.stack = stack, .blocks = 1}; // a block of no bytes
    load_scans(&scan, NULL);
    assert_says("all", "  leaks   ! 1 block, 0 B, from 0x400fff\n");
}

static void test_text_of_suppressed(void **state)
{
    (void)state;
    struct suppression known = {
        .pattern = "x", .file = "a.supp", .line = 3, .used_count = 2, .blocks = 12, .bytes = 4596};
    struct suppression list[] = {known, {.pattern = "unused", .file = "a.supp", .line = 4}};
    struct suppressions suppressions = {.list = list, .count = 2};
    struct render_options options = {
        .view = view_find("leaks"), .rows = ROWS_DEFAULT, .suppressions = &suppressions};
    load_leaks();
    profile.leaks.records[0].suppressed = profile.leaks.records[1].suppressed = &list[0];
    profile.leaks.totals[PROFILE_LEAK_DEFINITE] = (struct leak_total){0};
    profile.leaks.totals[PROFILE_LEAK_INDIRECT] = (struct leak_total){0};
    profile.leaks.suppressed = (struct leak_total){12, 4596};
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_int_equal(render_text(&profile, &options, out), 0);
    fclose(out);
    assert_non_null(strstr(text,
                           "  leaks     none definite: 2 blocks possible, 64 B; 41 reachable, "
                           "72.1 KiB; 12 suppressed,"));
    assert_non_null(strstr(text, "by 1 pattern\n"));
    assert_null(strstr(text, "LEAKS  definite"));
    assert_null(strstr(text, "LOST WITH THEM"));
    assert_non_null(strstr(text, "\n  leak:x       a.supp:3       2      12  4.5 KiB\n"));
    assert_non_null(strstr(text, "\n  leak:unused  a.supp:4  unused\n"));
    free(text);
}

// --- JSON

static int64_t integer(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static json_t *parsed(const char *view)
{
    char *text = rendered(&profile, "json", view);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    free(text);
    return root;
}

static void test_json(void **state)
{
    (void)state;
    load_leaks();
    json_t *root = parsed("all"), *leaks = json_object_get(root, "leaks");
    json_t *records = json_object_get(leaks, "records"), *first = json_array_get(records, 0);
    assert_true(json_is_true(json_object_get(leaks, "classified")));
    assert_null(json_object_get(leaks, "why"));
    assert_null(json_object_get(leaks, "growth_ns"));
    assert_int_equal(integer(json_object_get(leaks, "definite"), "blocks"), 4);
    assert_int_equal(integer(json_object_get(leaks, "reachable"), "bytes"), 73800);
    assert_int_equal(integer(json_object_get(leaks, "suppressed"), "bytes"), 0);
    assert_int_equal(json_array_size(records), 5);
    assert_string_equal(json_string_value(json_object_get(first, "class")), "definite");
    assert_int_equal(integer(first, "indirect_blocks"), 8);
    assert_int_equal(integer(first, "first_ns"), 300 * UNIT);
    assert_int_equal(json_array_size(json_object_get(first, "stack")), 2);
    assert_null(json_object_get(first, "suppressed"));
    assert_null(json_object_get(first, "grown_bytes"));
    assert_null(json_object_get(json_array_get(records, 2), "first_ns")); // not known
    assert_null(json_object_get(json_array_get(records, 2), "indirect_bytes"));
    json_t *heap = json_object_get(root, "heap"), *misuse;
    assert_int_equal(integer(json_array_get(json_object_get(heap, "sites"), 0), "last_ns"),
                     1000 * UNIT);
    misuse = json_array_get(json_object_get(heap, "mismatches"), 0);
    assert_string_equal(json_string_value(json_object_get(misuse, "allocated_by")), "new[]");
    assert_string_equal(json_string_value(json_object_get(misuse, "freed_by")), "delete");
    assert_int_equal(integer(misuse, "count"), 3);
    assert_int_equal(integer(misuse, "t_ns"), 500000000);
    assert_null(json_object_get(misuse, "offset"));
    assert_int_equal(json_array_size(json_object_get(misuse, "free_stack")), 2);
    json_decref(root);
}

static void test_json_without_leaks(void **state)
{
    (void)state;
    load_built(&profile, &built);
    json_t *root = parsed("all");
    assert_null(json_object_get(root, "leaks")); // not asked for
    json_decref(root);
    profile_release(&profile);
    built.header.leaks_on = 1;
    load_built(&profile, &built);
    root = parsed("leaks");
    json_t *leaks = json_object_get(root, "leaks");
    assert_true(json_is_false(json_object_get(leaks, "classified")));
    assert_non_null(json_object_get(leaks, "why"));
    assert_null(json_object_get(leaks, "definite"));
    assert_null(json_object_get(root, "heap"));
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_families_are_masked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_times_of_several_slots, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_times_of_many_cells, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_times_before_version_4, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_times_of_samples, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_times_cut_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_growth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unclassified, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_why_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damaged_stacks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_misuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mismatches_of_a_static_runtime, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_text_of_a_selection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_text_of_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_text_of_suppressed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_without_leaks, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
