// SPDX-License-Identifier: MIT
//
// render_json_test.c - the JSON report parses, adds up, holds what schema 1 names, and nothing that
// was not recorded.
#include "tests/unit/profile_fixture.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *parsed(const char *view)
{
    char *text = rendered(&profile, "json", view);
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!root)
        fail_msg("line %d: %s", error.line, error.text);
    free(text);
    return root;
}

static int64_t integer(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static int64_t sum(const json_t *sites, const char *key)
{
    int64_t total = 0;
    size_t index;
    json_t *site;
    json_array_foreach(sites, index, site) total += integer(site, key);
    return total;
}

static void test_sites_add_up(void **state)
{
    (void)state;
    static const char *const keys[] = {"allocations", "allocated_bytes", "frees",
                                       "freed_bytes", "temporary",       "live_blocks",
                                       "live_bytes",  "peak_bytes"};
    profile_builder_fill_demo(&built);
    load_built(&profile, &built);
    json_t *root = parsed("all");
    const json_t *heap = json_object_get(root, "heap");
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        assert_int_equal(sum(json_object_get(heap, "sites"), keys[i]), integer(heap, keys[i]));
    assert_int_equal(integer(heap, "reallocs"), 12);
    assert_int_equal(integer(heap, "peak_bytes"), 4500);
    json_decref(root);
}

static void test_schema(void **state)
{
    (void)state;
    profile_builder_fill_demo(&built);
    load_built(&profile, &built);
    json_t *root = parsed("all"), *locks, *waiters, *stack;
    int schema, pid, status, line_count, created, leaked;
    const char *kind, *name, *start, *heap;
    int complete;
    assert_int_equal(
        json_unpack(root, "{s:i, s:{s:i, s:s, s:{s:s, s:i}}, s:{s:s}, s:{s:b}, s:{s:i, s:i}}",
                    "schema", &schema, "process", "pid", &pid, "start", &start, "exit", "kind",
                    &kind, "status", &status, "mode", "heap", &heap, "health", "complete",
                    &complete, "threads", "created", &created, "leaked", &leaked),
        0);
    assert_int_equal(schema, 1);
    assert_int_equal(pid, 4711);
    assert_string_equal(kind, "exited");
    assert_string_equal(start, "2023-11-14T22:13:20.000000001Z");
    assert_string_equal(heap, "exact");
    assert_true(complete);
    assert_int_equal(leaked, 1);
    locks = json_object_get(root, "locks");
    assert_int_equal(json_unpack(locks, "[{s:s, s:o}]", "name", &name, "waiters", &waiters), 0);
    assert_string_equal(name, "0x601000");
    assert_int_equal(json_unpack(waiters, "[{s:i, s:o}]", "count", &line_count, "stack", &stack),
                     0);
    assert_int_equal(line_count, 90);
    assert_int_equal(json_array_size(stack), 2);
    assert_int_equal(integer(json_array_get(stack, 0), "offset"), 0x3fff);
    json_decref(root);
}

static const char *const sampled_keys[] = {"samples",           "live_samples",
                                           "allocations_error", "allocated_bytes_error",
                                           "live_blocks_error", "live_bytes_error"};
#define SAMPLED_KEYS (sizeof(sampled_keys) / sizeof(*sampled_keys))

static void test_sampled_heap(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "allocations", "allocated_bytes", "frees",      "freed_bytes", "temporary",
        "live_blocks", "live_bytes",      "peak_bytes", "samples",     "live_samples"};
    profile_builder_fill_sampled(&built);
    load_built(&profile, &built);
    json_t *root = parsed("all");
    const json_t *mode = json_object_get(root, "mode"), *heap = json_object_get(root, "heap");
    const json_t *sites = json_object_get(heap, "sites"), *few = json_array_get(sites, 1);
    assert_string_equal(json_string_value(json_object_get(mode, "heap")), "sampled");
    assert_int_equal(integer(mode, "sample_bytes"), 512 << 10);
    assert_int_equal(integer(mode, "confidence_percent"), 95);
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        assert_int_equal(sum(sites, keys[i]), integer(heap, keys[i]));
    assert_int_equal(integer(heap, "samples"), 1604);
    assert_int_equal(integer(few, "samples"), 3);
    assert_int_equal(integer(few, "live_samples"), 3);
    assert_int_equal(integer(few, "allocations_error"), 27); // 1.96 * sqrt(3 * 63.9)
    assert_int_equal(integer(few, "live_blocks_error"), 27);
    assert_int_equal(integer(few, "live_bytes_error"), integer(few, "allocated_bytes_error"));
    assert_int_equal(integer(heap, "reallocs"), 170);
    json_decref(root);
}

static void test_exact_heap_has_no_samples(void **state)
{
    (void)state;
    profile_builder_fill_demo(&built);
    built.header.sample_bytes = 512 << 10;
    load_built(&profile, &built);
    json_t *root = parsed("all");
    const json_t *mode = json_object_get(root, "mode"), *heap = json_object_get(root, "heap");
    assert_null(json_object_get(mode, "sample_bytes"));
    assert_null(json_object_get(mode, "confidence_percent"));
    for (size_t i = 0; i < SAMPLED_KEYS; i++) {
        assert_null(json_object_get(heap, sampled_keys[i]));
        assert_null(
            json_object_get(json_array_get(json_object_get(heap, "sites"), 0), sampled_keys[i]));
    }
    json_decref(root);
}

static void assert_absent(const json_t *root, const char *key)
{
    assert_null(json_object_get(root, key));
}

static void test_what_was_not_recorded_is_absent(void **state)
{
    (void)state;
    built.header.heap_mode = PROFILE_HEAP_OFF;
    built.header.locks_on = built.header.threads_on = 0;
    load_built(&profile, &built);
    json_t *root = parsed("all");
    assert_absent(root, "heap");
    assert_absent(root, "locks");
    assert_absent(root, "threads");
    assert_absent(root, "order");
    assert_absent(root, "misuse");
    assert_absent(root, "leaks");
    assert_absent(root, "cpu");
    json_decref(root);
}

static void test_views(void **state)
{
    (void)state;
    profile_builder_fill_demo(&built);
    load_built(&profile, &built);
    json_t *root = parsed("peak");
    assert_non_null(json_object_get(root, "heap"));
    assert_absent(root, "locks");
    json_decref(root);
    root = parsed("block");
    assert_absent(root, "heap");
    assert_non_null(json_object_get(root, "locks"));
    json_decref(root);
}

static const json_t *element(const json_t *object, const char *key, size_t index)
{
    const json_t *value = json_array_get(json_object_get(object, key), index);
    assert_non_null(value);
    return value;
}

static void assert_text(const json_t *object, const char *key, const char *expected)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_string(value));
    assert_string_equal(json_string_value(value), expected);
}

static void test_locks(void **state)
{
    (void)state;
    profile_builder_fill_locks(&built);
    load_built(&profile, &built);
    json_t *root = parsed("all");
    const json_t *lock = element(root, "locks", 0), *pair = element(lock, "pairs", 1);
    assert_text(json_object_get(root, "mode"), "hold", "exact");
    assert_text(lock, "kind", "mutex");
    assert_text(lock, "end", "lives");
    assert_int_equal(integer(lock, "acquisitions"), 1600);
    assert_int_equal(integer(lock, "hold_max_ns"), 14000);
    assert_int_equal(integer(lock, "wait_p50_ns"), 2097152);
    assert_int_equal(json_array_size(json_object_get(element(lock, "waiters", 0), "histogram")),
                     PROFILE_WAIT_BUCKETS);
    assert_int_equal(integer(pair, "waiter"), 0);
    assert_int_equal(integer(pair, "holder"), 1);
    assert_int_equal(integer(pair, "wait_ns"), 60000000);
    assert_absent(lock, "block");
    assert_absent(lock, "idle_ns");
    lock = element(root, "locks", 1);
    assert_int_equal(integer(json_object_get(lock, "block"), "offset"), 16);
    for (size_t i = 0; i < json_array_size(json_object_get(root, "locks")); i++) {
        lock = element(root, "locks", i);
        if (strcmp(json_string_value(json_object_get(lock, "kind")), "condition") != 0)
            continue;
        assert_int_equal(integer(lock, "contentions"), 0);
        assert_int_equal(integer(lock, "waits"), 20);
        assert_int_equal(integer(lock, "idle_ns"), 900000000);
        assert_int_equal(integer(lock, "handoff_ns"), 400000);
        assert_absent(lock, "holds");
    }
    json_decref(root);
}

static void test_order(void **state)
{
    (void)state;
    profile_builder_fill_locks(&built);
    load_built(&profile, &built);
    json_t *root = parsed("order");
    assert_absent(root, "locks");
    assert_int_equal(json_array_size(json_object_get(root, "order")), 4);
    const json_t *deadlock = element(root, "order", 0), *orphan = element(root, "order", 2);
    assert_text(deadlock, "kind", "deadlock");
    assert_text(deadlock, "why", "cycle");
    assert_int_equal(integer(deadlock, "t_ns"), 1000000001);
    assert_text(element(deadlock, "locks", 0), "kind", "rwlock");
    assert_int_equal(integer(element(deadlock, "edges", 0), "thread"), 2);
    assert_int_equal(integer(element(deadlock, "edges", 0), "from"), 1);
    assert_int_equal(json_array_size(json_object_get(element(deadlock, "edges", 0), "stack_from")),
                     2);
    assert_text(orphan, "why", "orphan");
    assert_absent(element(orphan, "edges", 0), "from");
    assert_int_equal(integer(element(orphan, "edges", 0), "owner"), 2);
    const json_t *potential = element(root, "order", 3);
    assert_text(potential, "kind", "potential deadlock");
    assert_absent(potential, "why");
    assert_absent(potential, "t_ns");
    const json_t *misuse = element(root, "misuse", 0);
    assert_text(misuse, "kind", "condition wait without the mutex");
    assert_text(json_object_get(misuse, "lock"), "name", "0x603000");
    assert_int_equal(integer(misuse, "count"), 7);
    assert_int_equal(integer(misuse, "t_ns"), 500000000);
    assert_int_equal(json_array_size(json_object_get(misuse, "other_stack")), 2);
    json_decref(root);
}

// Present though empty where locks are recorded.
static void test_nothing_wrong(void **state)
{
    (void)state;
    load_built(&profile, &built);
    json_t *root = parsed("all");
    assert_true(json_is_array(json_object_get(root, "order")));
    assert_true(json_is_array(json_object_get(root, "misuse")));
    assert_int_equal(json_array_size(json_object_get(root, "locks")), 0);
    json_decref(root);
}

static void test_threads(void **state)
{
    (void)state;
    profile_builder_fill_demo(&built);
    load_built(&profile, &built);
    json_t *root = parsed("threads");
    const json_t *threads = json_object_get(root, "threads");
    assert_int_equal(integer(threads, "joined"), 1);
    assert_int_equal(integer(threads, "detached"), 1);
    assert_int_equal(integer(threads, "adopted"), 0);
    assert_int_equal(json_array_size(json_object_get(threads, "growth")), 0);
    assert_int_equal(json_array_size(json_object_get(threads, "timeline")), 100);
    assert_int_equal(integer(element(threads, "timeline", 99), "t_ns"), 2310000000);
    assert_int_equal(integer(element(threads, "timeline", 99), "alive"), 2);
    assert_int_equal(integer(element(threads, "timeline", 99), "unjoined"), 1);
    json_decref(root);
}

static void test_hostile_strings(void **state)
{
    (void)state;
    static const char process[] = "/bin/\x1b\"\\\xff\0a\xc3(\0\x01";
    built.process = process;
    built.process_bytes = sizeof(process);
    profile_builder_fill_demo(&built);
    struct profile_thread thread = {.tid = 1};
    memset(thread.name, 0xfe, sizeof(thread.name)); // no NUL
    builder_thread(&built, &thread);
    ((struct profile_cell *)built.cells.records)->freed_bytes = UINT64_MAX;
    load_built(&profile, &built);
    json_t *root = parsed("all");
    const json_t *args = json_object_get(json_object_get(root, "process"), "args");
    assert_int_equal(json_array_size(args), 2);
    assert_string_equal(json_string_value(json_array_get(args, 0)), "a\uFFFD(");
    json_decref(root);
}

static void test_selection(void **state)
{
    (void)state;
    struct selection selection = {.focus = "second"};
    builder_module(&built, 0x400000, 0x500000, "/lib/first.so");
    builder_module(&built, 0x500000, 0x600000, "/lib/second.so");
    const uint64_t one[] = {0x401000}, two[] = {0x401000, 0x501000};
    uint32_t hidden = builder_stack(&built, one, 1), shown = builder_stack(&built, two, 2);
    builder_cell(&built, &(struct profile_cell){hidden, 0, 1, 10, 0, 0, 0, 0, 0});
    builder_cell(&built, &(struct profile_cell){shown, 0, 2, 20, 0, 0, 0, 0, 0});
    load_built(&profile, &built);
    assert_int_equal(selection_apply(&selection, &profile), 0);
    assert_true(site_of(&profile, hidden)->hidden);
    assert_false(site_of(&profile, shown)->hidden);
    json_t *root = parsed("all");
    const json_t *heap = json_object_get(root, "heap");
    assert_int_equal(sum(json_object_get(heap, "sites"), "allocations"), 2);
    assert_int_equal(integer(heap, "allocations"), 3);
    json_decref(root);
}

// Pairs refer to what is shown of the waiters and the holders.
static void test_selected_pairs(void **state)
{
    (void)state;
    struct selection selection = {.ignore = "second"};
    builder_module(&built, 0x400000, 0x500000, "/lib/first.so");
    builder_module(&built, 0x500000, 0x600000, "/lib/second.so");
    uint32_t lock = builder_lock(&built, &(struct profile_lock){.address = 0x10});
    for (uint64_t i = 0; i < 2; i++) {
        const uint64_t shown = 0x401000 + 16 * i, hidden = 0x501000 + 16 * i;
        uint32_t wait = builder_wait(
            &built,
            &(struct profile_lock_wait){.lock = lock,
                                        .stack = builder_stack(&built, i ? &shown : &hidden, 1),
                                        .count = 1,
                                        .wait_ns = 200 - i});
        for (uint64_t j = 0; j < 2; j++)
            builder_pair(&built, &(struct profile_lock_pair){
                                     .wait = wait,
                                     .holder_stack = builder_stack(&built, j ? &shown : &hidden, 1),
                                     .wait_ns = 50 - j});
    }
    load_built(&profile, &built);
    assert_int_equal(selection_apply(&selection, &profile), 0);
    json_t *root = parsed("all");
    const json_t *shown_lock = element(root, "locks", 0), *pair = element(shown_lock, "pairs", 0);
    assert_int_equal(json_array_size(json_object_get(shown_lock, "pairs")), 1);
    assert_int_equal(integer(pair, "waiter"), 0);
    assert_int_equal(integer(element(shown_lock, "waiters", 0), "wait_ns"), 199);
    assert_int_equal(
        integer(element(shown_lock, "holders", (size_t)integer(pair, "holder")), "wait_ns"),
        integer(pair, "wait_ns"));
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sampled_heap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_exact_heap_has_no_samples, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sites_add_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_schema, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_was_not_recorded_is_absent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_views, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_locks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_wrong, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_threads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_selected_pairs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hostile_strings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_selection, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
