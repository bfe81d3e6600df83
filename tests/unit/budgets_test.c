// SPDX-License-Identifier: MIT
//
// budgets_test.c - budgets: what is one, what units mean, and what each is worth in a profile of
// which every figure is known.
#include "report/check/budgets.h"
#include "report/model/suppressions.h"
#include "tests/unit/profile_support.h"

#include <string.h>

static int64_t limit_of(const char *text)
{
    struct budgets budgets = {0};
    const char *why = "";
    assert_true(budgets_parse(&budgets, text, &why));
    assert_int_equal(budgets.count, 1);
    int64_t limit = budgets.list[0].limit;
    budgets_release(&budgets);
    return limit;
}

static void assert_refused(const char *text, const char *wanted)
{
    struct budgets budgets = {0};
    const char *why = "";
    assert_false(budgets_parse(&budgets, text, &why));
    assert_string_equal(why, wanted);
    assert_int_equal(budgets.count, 0);
    budgets_release(&budgets);
}

static void test_units(void **state)
{
    (void)state;
    assert_int_equal(limit_of("leaks=0"), 0);
    assert_int_equal(limit_of("leaks=17"), 17);
    assert_int_equal(limit_of("allocations=10k"), 10000);
    assert_int_equal(limit_of("allocations=1.5M"), 1500000);
    assert_int_equal(limit_of("allocations=2.0"), 2);
    assert_int_equal(limit_of("allocations=0.001k"), 1);
    assert_int_equal(limit_of("contentions=2g"), 2000000000);
    assert_int_equal(limit_of("peak_bytes=64m"), 64 << 20);
    assert_int_equal(limit_of("peak_bytes=64MiB"), 64 << 20);
    assert_int_equal(limit_of("peak_bytes=3kB"), 3072);
    assert_int_equal(limit_of("peak_bytes=100"), 100);
    assert_int_equal(limit_of("peak_bytes=100b"), 100);
    assert_int_equal(limit_of("leak_bytes=1.5k"), 1536);
    assert_int_equal(limit_of("allocated_bytes=2t"), INT64_C(2) << 40);
    assert_int_equal(limit_of("lock_wait=0"), 0);
    assert_int_equal(limit_of("lock_wait=250ns"), 250);
    assert_int_equal(limit_of("lock_wait=500us"), 500000);
    assert_int_equal(limit_of("lock_wait=20ms"), 20000000);
    assert_int_equal(limit_of("lock_wait=0.1s"), 100000000);
    assert_int_equal(limit_of("lock_wait=2min"), INT64_C(120000000000));
}

static void test_refused(void **state)
{
    (void)state;
    assert_refused("leek=0", "leek: no such budget; did you mean 'leaks'?");
    assert_refused("nonesuch=0", "nonesuch: no such budget; see gaiaprof help check");
    assert_refused("=0", ": no such budget; see gaiaprof help check");
    assert_refused("leaks", "leaks: not of the form NAME=LIMIT; see gaiaprof help check");
    for (const char *const *bad =
             (const char *const[]){"", "x", "-1", "1 2", "1k5", "1ms", "0x1", "+1", "+%", "+-1%",
                                   "99999999999999999999", "1e3", ".5", "5.", "10%", "1.5",
                                   "1.2345k", NULL};
         *bad; bad++) {
        char text[64], wanted[128];
        snprintf(text, sizeof(text), "leaks=%s", *bad);
        snprintf(wanted, sizeof(wanted),
                 "leaks: '%s' is not a whole number (10, 10k), or +N%% of a baseline", *bad);
        assert_refused(text, wanted);
    }
    assert_refused("lock_wait=5", "lock_wait: '5' is not a time with its unit (500us, 20ms, 1.5s), "
                                  "or +N% of a baseline");
    assert_refused("peak_bytes=5s",
                   "peak_bytes: '5s' is not a size (64m, 1.5g), or +N% of a baseline");
    // all or nothing
    assert_refused("leaks=0,leek=0", "leek: no such budget; did you mean 'leaks'?");
}

static void test_lists(void **state)
{
    (void)state;
    struct budgets budgets = {0};
    const char *why;
    assert_true(budgets_parse(&budgets, "", &why));
    assert_int_equal(budgets.count, 0);
    assert_true(budgets_parse(&budgets, " leaks=0 , ,peak_bytes=1k,", &why));
    assert_int_equal(budgets.count, 2);
    assert_false(budgets_need_baseline(&budgets));
    // the last counts
    assert_true(budgets_parse(&budgets, "leaks=5,order=0,leaks=7", &why));
    assert_int_equal(budgets.count, 3);
    assert_int_equal(budgets.list[0].limit, 7);
    assert_true(budgets_parse(&budgets, "order=+2.5%", &why));
    assert_int_equal(budgets.count, 3);
    assert_true(budgets_need_baseline(&budgets));
    budgets_release(&budgets);
}

// --- values

static struct budget_result check(struct profile *profile, struct profile *baseline,
                                  const char *text)
{
    struct budgets budgets = {0};
    const char *why = "";
    struct budget_result *results;
    assert_true(budgets_parse(&budgets, text, &why));
    assert_int_equal(budgets_check(&budgets, profile, baseline, true, &profile->region, &results),
                     0);
    struct budget_result result = results[0];
    budgets_release(&budgets);
    return result;
}

static void assert_result(struct profile *profile, const char *text, enum verdict verdict,
                          const char *words)
{
    struct budget_result result = check(profile, NULL, text);
    assert_string_equal(result.text, words);
    assert_int_equal(result.verdict, verdict);
}

static void load_demo(struct profile *profile, struct profile_builder *builder)
{
    profile_builder_init(builder);
    profile_builder_fill_demo(builder);
    load_built(profile, builder);
}

static void test_values(void **state)
{
    (void)state;
    struct profile_builder builder;
    struct profile profile;
    load_demo(&profile, &builder);
    assert_result(&profile, "allocations=1010", VERDICT_KEPT, "1,010 of 1,010");
    assert_result(&profile, "allocations=1009", VERDICT_VIOLATED, "1,010 allocations, above 1,009");
    assert_result(&profile, "allocated_bytes=105000", VERDICT_KEPT, "103 KiB of 103 KiB");
    assert_result(&profile, "allocated_bytes=104999", VERDICT_VIOLATED,
                  "105,000 B, above 104,999 B");
    assert_result(&profile, "peak_bytes=4k", VERDICT_VIOLATED, "4.4 KiB, above 4.0 KiB");
    assert_result(&profile, "leaked_threads=0", VERDICT_VIOLATED, "1 thread, above 0");
    assert_result(&profile, "running_threads=0", VERDICT_VIOLATED, "1 thread, above 0");
    assert_result(&profile, "lock_wait=212ms", VERDICT_KEPT, "212 ms of 212 ms");
    assert_result(&profile, "lock_wait=0", VERDICT_VIOLATED, "212 ms, above 0 ns");
    assert_result(&profile, "contentions=90", VERDICT_KEPT, "90 of 90");
    assert_result(&profile, "deadlocks=0", VERDICT_KEPT, "0 of 0");
    assert_result(&profile, "mismatches=0", VERDICT_KEPT, "0 of 0");
    profile_release(&profile);
    profile_builder_release(&builder);
}

static void test_sites(void **state)
{
    (void)state;
    struct profile_builder builder;
    struct profile profile;
    load_demo(&profile, &builder);
    struct budget_result result = check(&profile, NULL, "peak_bytes=0");
    assert_int_equal(result.value, 4500);
    assert_int_equal(result.site_count, 2);
    assert_int_equal(result.more_sites, 0);
    assert_string_equal(result.sites[0].value, "3.4 KiB");
    assert_string_equal(result.sites[0].where, "0x2fff (demo)");
    assert_null(result.sites[0].file);
    result = check(&profile, NULL, "lock_wait=0");
    assert_string_equal(result.sites[0].where, "0x3fff (demo), for 0x601000");
    result = check(&profile, NULL, "peak_bytes=1g");
    assert_int_equal(result.site_count, 0);
    profile_release(&profile);
    profile_builder_release(&builder);
}

static void test_locks(void **state)
{
    (void)state;
    struct profile_builder builder;
    struct profile profile;
    profile_builder_init(&builder);
    profile_builder_fill_locks(&builder);
    load_built(&profile, &builder);
    struct budget_result result = check(&profile, NULL, "order=0");
    assert_string_equal(result.text, "1 potential deadlock, above 0");
    assert_string_equal(result.sites[0].value, "");
    result = check(&profile, NULL, "deadlocks=0");
    assert_string_equal(result.text, "3 deadlocks, above 0");
    assert_int_equal(result.site_count, 3);
    profile_release(&profile);
    profile_builder_release(&builder);
}

// Waits for what nobody holds are not in the way.
static void test_idle_waits_do_not_count(void **state)
{
    (void)state;
    struct profile_builder builder;
    struct profile profile;
    load_demo(&profile, &builder);
    for (size_t i = 0; i < profile.lock_count; i++)
        profile.locks[i].kind = PROFILE_LOCK_CONDITION;
    assert_result(&profile, "lock_wait=0", VERDICT_KEPT, "0 ns of 0 ns");
    assert_result(&profile, "contentions=0", VERDICT_KEPT, "0 of 0");
    profile_release(&profile);
    profile_builder_release(&builder);
}

static void test_suppressed(void **state)
{
    (void)state;
    static const struct suppression known = {.pattern = "demo"};
    struct profile_builder builder;
    struct profile profile;
    profile_builder_init(&builder);
    profile_builder_fill_demo(&builder);
    profile_builder_fill_locks(&builder);
    load_built(&profile, &builder);
    for (size_t i = 0; i < profile.threads.record_count; i++)
        profile.threads.records[i].suppressed = &known;
    for (size_t i = 0; i < profile.lock_count; i++)
        profile.locks[i].suppressed = &known;
    for (size_t i = 0; i < profile.order_count; i++)
        profile.order[i].suppressed = &known;
    for (const char *const *text =
             (const char *const[]){"leaked_threads=0", "running_threads=0", "lock_wait=0",
                                   "contentions=0", "deadlocks=0", "order=0", NULL};
         *text; text++)
        assert_int_equal(check(&profile, NULL, *text).verdict, VERDICT_KEPT);
    profile_release(&profile);
    profile_builder_release(&builder);
}

// --- leaks

static void set_leaks(struct profile *profile)
{
    static const struct suppression known = {.pattern = "demo"};
    uint32_t stack = profile->heap.sites[0].stack, other = profile->heap.sites[1].stack;
    static struct leak records[6];
    struct leak all[] = {
        {stack, PROFILE_LEAK_DEFINITE, 2, 80, 1, 1000, -1, -1, 0, 0, NULL, false},
        {other, PROFILE_LEAK_DEFINITE, 5, 50, 0, 0, -1, -1, 0, 0, NULL, false},
        {other, PROFILE_LEAK_DEFINITE, 9, 999, 9, 999, -1, -1, 0, 0, &known, false},
        {stack, PROFILE_LEAK_POSSIBLE, 7, 700, 0, 0, -1, -1, 0, 0, NULL, false},
        {stack, PROFILE_LEAK_INDIRECT, 1, 1000, 0, 0, -1, -1, 0, 0, NULL, false},
        {stack, PROFILE_LEAK_REACHABLE, 3, 300, 0, 0, -1, -1, 0, 0, NULL, false},
    };
    memcpy(records, all, sizeof(all));
    profile->leaks = (struct leaks){.classified = true, .records = records, .record_count = 6};
}

static void test_leaks(void **state)
{
    (void)state;
    struct profile_builder builder;
    struct profile profile;
    load_demo(&profile, &builder);
    set_leaks(&profile);
    struct budget_result result = check(&profile, NULL, "leaks=0");
    assert_string_equal(result.text, "7 blocks (130 B), above 0");
    assert_string_equal(result.sites[0].value, "5 blocks (50 B)");
    assert_string_equal(result.sites[1].value, "2 blocks (80 B)");
    assert_int_equal(result.site_count, 2);
    result = check(&profile, NULL, "leak_bytes=1k");
    assert_string_equal(result.text, "1.1 KiB, above 1.0 KiB");
    assert_string_equal(result.sites[0].value, "1.1 KiB");
    assert_result(&profile, "leaks=7", VERDICT_KEPT, "7 of 7");
    profile_release(&profile);
    profile_builder_release(&builder);
}

static void test_leaks_not_known(void **state)
{
    (void)state;
    struct profile_builder builder;
    struct profile profile;
    load_demo(&profile, &builder);
    profile.leaks = (struct leaks){.why = "ptrace is denied"};
    assert_result(&profile, "leaks=99", VERDICT_UNKNOWN, "not known: ptrace is denied");
    // what is not there is not lost
    profile.heap.total.live_blocks = 0;
    assert_result(&profile, "leaks=0", VERDICT_KEPT, "0 of 0");
    // of a program that became another nothing is left
    profile.heap.total.live_blocks = 58;
    profile.state = STATE_EXECED;
    struct budget_result result = check(&profile, NULL, "leaks=0");
    assert_int_equal(result.verdict, VERDICT_KEPT);
    assert_non_null(result.note);
    assert_int_equal(check(&profile, NULL, "peak_bytes=0").verdict, VERDICT_VIOLATED);
    profile_release(&profile);
    profile_builder_release(&builder);
}

// --- what is not known

static void test_not_recorded(void **state)
{
    (void)state;
    struct profile_builder builder;
    struct profile profile;
    load_demo(&profile, &builder);
    profile.header.heap_mode = PROFILE_HEAP_OFF;
    profile.header.locks_on = profile.header.threads_on = 0;
    const char *heap = "not known: the heap was not recorded (GAIAPROF_HEAP=exact)";
    assert_result(&profile, "peak_bytes=1g", VERDICT_UNKNOWN, heap);
    assert_result(&profile, "leaks=1g", VERDICT_UNKNOWN, heap);
    assert_result(&profile, "leaked_threads=9", VERDICT_UNKNOWN,
                  "not known: threads were not recorded (GAIAPROF_THREADS=on)");
    assert_result(&profile, "order=9", VERDICT_UNKNOWN,
                  "not known: locks were not recorded (GAIAPROF_LOCKS=on)");
    profile_release(&profile);
    profile_builder_release(&builder);
}

// Too much is too much, however much is missing; little may have been more.
static void test_partial(void **state)
{
    (void)state;
    struct profile_builder builder;
    struct profile profile;
    load_demo(&profile, &builder);
    profile.complete = false;
    assert_result(&profile, "allocations=9999", VERDICT_UNKNOWN,
                  "not known: part of the profile is missing");
    assert_int_equal(check(&profile, NULL, "allocations=9").verdict, VERDICT_VIOLATED);
    profile.complete = true;
    profile.header.dropped[PROFILE_DROP_PROFILE_FULL] = 1;
    assert_result(&profile, "allocations=9999", VERDICT_UNKNOWN,
                  "not known: some events could not be recorded");
    profile_release(&profile);
    profile_builder_release(&builder);
}

static void test_sampled(void **state)
{
    (void)state;
    struct profile_builder builder;
    struct profile profile;
    profile_builder_init(&builder);
    profile_builder_fill_sampled(&builder);
    load_built(&profile, &builder);
    struct budget_result result = check(&profile, NULL, "peak_bytes=1m");
    assert_int_equal(result.verdict, VERDICT_VIOLATED);
    assert_string_equal(result.text, "~26.6 MiB, above 1.0 MiB");
    assert_int_equal(result.sites[0].value[0], '~');
    assert_result(&profile, "leaked_threads=1", VERDICT_KEPT, "1 of 1");
    profile_release(&profile);
    profile_builder_release(&builder);
}

// --- relative to a baseline

static void test_baseline(void **state)
{
    (void)state;
    struct profile_builder builder;
    struct profile profile, baseline;
    load_demo(&profile, &builder);
    load_built(&baseline, &builder);
    assert_int_equal(check(&profile, &baseline, "peak_bytes=+0%").verdict, VERDICT_KEPT);
    baseline.heap.sites[0].counts.allocations = 490; // with the other's 10: 500
    baseline.heap.sites[1].counts.allocations = 10;
    struct budget_result result = check(&profile, &baseline, "allocations=+100%");
    assert_int_equal(result.limit, 1000);
    assert_string_equal(result.text, "1,010 allocations, above 1,000 (+100% of 500)");
    assert_int_equal(check(&profile, &baseline, "allocations=+102%").verdict, VERDICT_KEPT);
    assert_int_equal(check(&profile, &baseline, "allocations=+101.9%").verdict, VERDICT_VIOLATED);
    assert_result(&profile, "allocations=+10%", VERDICT_UNKNOWN,
                  "not known: there is no baseline to compare with");
    baseline.header.locks_on = 0;
    result = check(&profile, &baseline, "lock_wait=+10%");
    assert_string_equal(result.text,
                        "not known: in the baseline locks were not recorded (GAIAPROF_LOCKS=on)");
    profile_release(&baseline);
    profile_release(&profile);
    profile_builder_release(&builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_sites),
        cmocka_unit_test(test_locks),
        cmocka_unit_test(test_idle_waits_do_not_count),
        cmocka_unit_test(test_suppressed),
        cmocka_unit_test(test_leaks),
        cmocka_unit_test(test_leaks_not_known),
        cmocka_unit_test(test_not_recorded),
        cmocka_unit_test(test_partial),
        cmocka_unit_test(test_sampled),
        cmocka_unit_test(test_baseline),
    };
    return cmocka_run_group_tests_name("budgets", tests, NULL, NULL);
}
