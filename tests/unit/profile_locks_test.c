// SPDX-License-Identifier: MIT
//
// profile_locks_test.c - what the model makes of records about locks: sums, percentiles, holders,
// names, misuse, files of older versions.
#include "tests/unit/profile_fixture.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static uint32_t stack_of(uint64_t pc)
{
    return builder_stack(&built, &pc, 1);
}

static const struct lock *lock_with(uint64_t address)
{
    for (size_t i = 0; i < profile.lock_count; i++)
        if (profile.locks[i].address == address)
            return &profile.locks[i];
    fail_msg("no lock at %#llx", (unsigned long long)address);
    return NULL;
}

// --- figures

static void test_cells_are_summed(void **state)
{
    (void)state;
    uint32_t lock = builder_lock(&built, &(struct profile_lock){.address = 0x601000,
                                                                .acquisitions = 1000,
                                                                .try_failed = 1,
                                                                .owner_changes = 7,
                                                                .holds = 3,
                                                                .hold_ns = 30,
                                                                .hold_max_ns = 20});
    for (uint64_t i = 1; i <= 3; i++)
        builder_lock_cell(&built, &(struct profile_lock_cell){.lock = lock,
                                                              .acquisitions = i,
                                                              .try_failed = 10 * i,
                                                              .owner_changes = i,
                                                              .holds = i,
                                                              .hold_ns = 100 * i,
                                                              .hold_max_ns = 50 * i});
    built.header.hold_mode = PROFILE_HOLD_EXACT;
    load_built(&profile, &built);
    const struct lock *sum = lock_with(0x601000);
    assert_int_equal(sum->acquisitions, 1006);
    assert_int_equal(sum->try_failed, 61);
    assert_int_equal(sum->owner_changes, 13);
    assert_int_equal(sum->holds, 9);
    assert_int_equal(sum->hold_ns, 630);
    assert_int_equal(sum->hold_max_ns, 150);
}

static void test_sampled_holds(void **state)
{
    (void)state;
    builder_lock(&built, &(struct profile_lock){.address = 0x601000,
                                                .acquisitions = 640,
                                                .holds = 10,
                                                .hold_ns = 1000,
                                                .hold_max_ns = 200});
    built.header.hold_mode = PROFILE_HOLD_SAMPLED;
    load_built(&profile, &built);
    assert_int_equal(profile.locks[0].hold_ns, 64000);
    assert_int_equal(profile.locks[0].holds, 10);
    assert_int_equal(profile.locks[0].hold_max_ns, 200);
}

static void test_cells_of_no_lock(void **state)
{
    (void)state;
    builder_lock(&built, &(struct profile_lock){.address = 0x601000});
    builder_lock_cell(&built, &(struct profile_lock_cell){.lock = 77, .acquisitions = 5});
    load_built(&profile, &built);
    assert_true(has_note(&profile, "1 cells of locks"));
    assert_int_equal(profile.locks[0].acquisitions, 0);
}

// --- waits

static void test_duplicate_waits(void **state)
{
    (void)state;
    uint32_t lock = builder_lock(&built, &(struct profile_lock){.address = 0x601000});
    uint32_t here = stack_of(0x401000), there = stack_of(0x402000);
    const struct profile_lock_wait waits[] = {
        {.lock = lock, .stack = here, .count = 1, .wait_ns = 100, .wait_max_ns = 100},
        {.lock = lock, .stack = there, .count = 1, .wait_ns = 150, .wait_max_ns = 150},
        {.lock = lock, .stack = here, .count = 4, .wait_ns = 350, .wait_max_ns = 300},
    };
    for (size_t i = 0; i < 3; i++) {
        struct profile_lock_wait wait = waits[i];
        wait.timeouts = i;
        wait.histogram[6] = 2;
        builder_wait(&built, &wait);
    }
    load_built(&profile, &built);
    const struct lock *sum = &profile.locks[0];
    assert_int_equal(sum->wait_count, 2);
    assert_int_equal(sum->waits[0].stack, here);
    assert_int_equal(sum->waits[0].count, 5);
    assert_int_equal(sum->waits[0].wait_ns, 450);
    assert_int_equal(sum->waits[0].wait_max_ns, 300);
    assert_int_equal(sum->waits[0].timeouts, 2);
    assert_int_equal(sum->waits[0].histogram[6], 4);
    assert_int_equal(sum->waits[1].count, 1);
}

static void assert_percentiles(const uint32_t *histogram, uint64_t max_ns, int64_t p50, int64_t p99)
{
    profile_builder_release(&built);
    profile_builder_init(&built);
    uint32_t lock = builder_lock(
        &built, &(struct profile_lock){
                    .address = 0x601000, .contentions = 1, .wait_ns = 1, .wait_max_ns = max_ns});
    struct profile_lock_wait wait = {.lock = lock, .stack = stack_of(0x401000), .count = 1};
    memcpy(wait.histogram, histogram, sizeof(wait.histogram));
    builder_wait(&built, &wait);
    load_built(&profile, &built);
    assert_int_equal(profile.locks[0].wait_p50_ns, p50);
    assert_int_equal(profile.locks[0].wait_p99_ns, p99);
    profile_release(&profile);
}

static void test_percentiles(void **state)
{
    (void)state;
    const uint32_t one[PROFILE_WAIT_BUCKETS] = {[10] = 1};
    assert_percentiles(one, 2000, 2000, 2000);
    assert_percentiles(one, 5000, 2048, 2048);
    const uint32_t tail[PROFILE_WAIT_BUCKETS] = {[10] = 99, [20] = 1};
    assert_percentiles(tail, 2000000, 2048, 2048);
    const uint32_t longer_tail[PROFILE_WAIT_BUCKETS] = {[10] = 98, [20] = 2};
    assert_percentiles(longer_tail, 2000000, 2048, 2000000);
    const uint32_t halves[PROFILE_WAIT_BUCKETS] = {[0] = 1, [39] = 1};
    assert_percentiles(halves, INT64_MAX, 2, INT64_C(2) << 39);
    const uint32_t many[PROFILE_WAIT_BUCKETS] = {[3] = UINT32_MAX, [4] = UINT32_MAX};
    assert_percentiles(many, 1000, 16, 32);
    const uint32_t none[PROFILE_WAIT_BUCKETS] = {0};
    assert_percentiles(none, 1000, -1, -1);
}

// --- holders

static void test_pairs(void **state)
{
    (void)state;
    uint32_t lock = builder_lock(&built, &(struct profile_lock){.address = 0x601000});
    uint32_t slow = stack_of(0x401000), fast = stack_of(0x402000);
    uint32_t holder = stack_of(0x403000), other = stack_of(0x404000);
    const uint32_t stacks[] = {fast, slow, slow}; // the third is the second again
    uint32_t waits[3];
    for (size_t i = 0; i < 3; i++)
        waits[i] = builder_wait(
            &built, &(struct profile_lock_wait){
                        .lock = lock, .stack = stacks[i], .count = 3, .wait_ns = i ? 400 : 100});
    const struct profile_lock_pair pairs[] = {
        {.wait = waits[0], .holder_stack = other, .count = 1, .wait_ns = 90},
        {.wait = waits[1], .holder_stack = holder, .count = 2, .wait_ns = 300},
        {.wait = waits[2], .holder_stack = holder, .count = 3, .wait_ns = 350},
        {.wait = waits[1], .holder_stack = other, .count = 1, .wait_ns = 20},
        {.wait = 99, .holder_stack = other, .count = 1, .wait_ns = 1},
    };
    for (size_t i = 0; i < 5; i++)
        builder_pair(&built, &pairs[i]);
    load_built(&profile, &built);
    const struct lock *sum = &profile.locks[0];
    assert_int_equal(sum->holder_count, 2);
    assert_int_equal(sum->holders[0].stack, holder);
    assert_int_equal(sum->holders[0].count, 5);
    assert_int_equal(sum->holders[0].wait_ns, 650);
    assert_int_equal(sum->holders[1].wait_ns, 110);
    assert_int_equal(sum->pair_count, 3);
    assert_int_equal(sum->pairs[0].wait_ns, 650);
    assert_int_equal(sum->waits[sum->pairs[0].waiter].stack, slow);
    assert_int_equal(sum->holders[sum->pairs[0].holder].stack, holder);
    assert_int_equal(sum->waits[sum->pairs[1].waiter].stack, fast);
    assert_int_equal(sum->pairs[1].wait_ns, 90);
    assert_true(has_note(&profile, "1 pairs"));
}

// --- names

// Any function with a symbol will do as the place that allocates a block.
static uint64_t own_code(void)
{
    Dl_info info;
    assert_int_not_equal(dladdr(__extension__(void *) own_code, &info), 0);
    uint64_t base = (uint64_t)(uintptr_t)info.dli_fbase;
    builder_module(&built, base, base + (64 << 20), info.dli_fname);
    return (uint64_t)(uintptr_t)own_code + 4;
}

static void test_names(void **state)
{
    (void)state;
    static int variable;
    uint32_t made_at = stack_of(own_code());
    builder_lock(&built, &(struct profile_lock){.address = (uint64_t)(uintptr_t)&variable});
    for (uint64_t i = 0; i < 2; i++)
        builder_lock(&built, &(struct profile_lock){.address = 0x10 + 0x100 * i,
                                                    .block_stack = made_at,
                                                    .block_offset = 0x18});
    builder_lock(&built, &(struct profile_lock){.address = 0x3000});
    builder_lock(&built, &(struct profile_lock){.address = 0x4000,
                                                .kind = PROFILE_LOCK_JOIN,
                                                .creation_stack = made_at});
    load_built(&profile, &built);
    const char *name = lock_with((uint64_t)(uintptr_t)&variable)->name;
    assert_non_null(strstr(name, "variable"));
    assert_string_equal(lock_with(0x10)->name, "own_code+0x18");
    assert_true(lock_with(0x110)->in_block);
    assert_string_equal(lock_with(0x3000)->name, "0x3000");
    assert_string_equal(lock_with(0x4000)->name, "join of own_code");
}

static void test_locks_of_one_place_are_one_row(void **state)
{
    (void)state;
    uint32_t made_at = stack_of(own_code()), wait_at = stack_of(0x401000);
    for (uint64_t i = 0; i < 3; i++) {
        uint32_t lock = builder_lock(&built, &(struct profile_lock){.address = 0x10 + 0x100 * i,
                                                                    .block_stack = made_at,
                                                                    .block_offset = 0x18,
                                                                    .acquisitions = 100,
                                                                    .wait_ns = 1000000 * i,
                                                                    .wait_max_ns = 600000 * i});
        builder_wait(&built, &(struct profile_lock_wait){
                                 .lock = lock, .stack = wait_at, .count = i, .wait_ns = 1000 * i});
    }
    load_built(&profile, &built);
    char *text = rendered(&profile, "text", "block");
    assert_non_null(strstr(text, "  own_code+0x18  (3 mutexes)  3.0 ms  1.2 ms    -"));
    assert_non_null(strstr(text, "3          300\n    waiting  0x400fff"));
    assert_non_null(strstr(text, "3.0 µs  3 times\n"));
    free(text);
}

// --- older files

static void test_version_2(void **state)
{
    (void)state;
    profile_builder_fill_locks(&built);
    builder_lock(&built, &(struct profile_lock){.address = 0x605000, .contentions = 90});
    for (uint32_t version = PROFILE_VERSION_OLDEST; version < 3; version++) {
        built.header.version = version;
        built.header.hold_mode = PROFILE_HOLD_OFF;
        load_built(&profile, &built);
        const struct lock *lock = lock_with(0x601000);
        assert_int_equal(lock->acquisitions, 1000);
        assert_int_equal(lock->contentions, 0); // the record says it all
        assert_int_equal(lock_with(0x605000)->contentions, 90);
        assert_int_equal(lock->wait_count, 1);
        assert_int_equal(lock->waits[0].wait_ns, 212000000);
        assert_int_equal(lock_with(0x605000)->wait_p99_ns, -1);
        assert_int_equal(lock->block_stack, 0);
        assert_int_equal(profile.order_count, 0);
        char *json = rendered(&profile, "json", "all");
        assert_null(strstr(json, "histogram"));
        assert_null(strstr(json, "wait_p99_ns\": -1"));
        free(json);
        free(rendered(&profile, "text", "all"));
        profile_release(&profile);
    }
}

// --- misuse

static void test_misuse(void **state)
{
    (void)state;
    profile_builder_fill_locks(&built);
    builder_misuse(&built, &(struct profile_lock_misuse){.kind = PROFILE_MISUSE_COUNT, .lock = 1});
    builder_misuse(&built, &(struct profile_lock_misuse){.kind = 1, .lock = 5000});
    load_built(&profile, &built);
    assert_int_equal(profile.misuse_count, PROFILE_MISUSE_COUNT - 1);
    assert_int_equal(profile.misuses[0].record.count, PROFILE_MISUSE_COUNT - 1);
    assert_int_equal(profile.misuses[0].lock->address, 0x603000);
    assert_true(has_note(&profile, "2 misuses"));
    char *text = rendered(&profile, "text", "all");
    assert_non_null(strstr(text, "misuse  ! condition wait without the mutex: 0x603000 in"));
    assert_non_null(strstr(text, "unlock of another thread's lock   0x603000 (mutex)"));
    free(text);
}

static void assert_not_seen(const char *in_text, const char *in_json)
{
    load_built(&profile, &built);
    char *text = rendered(&profile, "text", "all"), *json = rendered(&profile, "json", "all");
    assert_non_null(strstr(text, in_text));
    assert_non_null(strstr(json, in_json));
    free(text);
    free(json);
    profile_release(&profile);
}

static void test_not_seen(void **state)
{
    (void)state;
    load_built(&profile, &built);
    char *text = rendered(&profile, "text", "all");
    assert_null(strstr(text, "unseen"));
    free(text);
    profile_release(&profile);
    profile_builder_fill_demo(&built);
    assert_not_seen("unseen    waits inside libc", "\"waits inside libc itself (stdio, malloc)\"");
    built.header.heap_mode = PROFILE_HEAP_OFF;
    assert_not_seen("heap locks known by address only", "told apart by address only");
    built.header.locks_bypassed = 1;
    assert_not_seen("unseen  ! mutexes: the program's own pthread_mutex_lock",
                    "\"mutexes: the program's own");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cells_are_summed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sampled_holds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cells_of_no_lock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_duplicate_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_percentiles, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pairs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_locks_of_one_place_are_one_row, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_version_2, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_misuse, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_seen, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
