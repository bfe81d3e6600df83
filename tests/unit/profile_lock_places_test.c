// SPDX-License-Identifier: MIT
//
// profile_lock_places_test.c - what a report for people calls locks, and whom it blames: not the
// functions that only wrap allocating, initialising and locking, by the profile's own evidence.
// Code without symbols will do: each address is a function of its own.
#include "tests/unit/profile_fixture.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define DEMO 0x400000 // where the module is: 0x401000 is called "0xfff"

static int set_up_module(void **state)
{
    set_up(state);
    builder_module(&built, DEMO, DEMO + 0x100000, "/usr/bin/demo");
    return 0;
}

// Functions are numbers, leaf first: number 1 is called "0xfff".
static uint32_t stack_of(const uint64_t *functions, size_t count)
{
    uint64_t pcs[16];
    for (size_t i = 0; i < count; i++)
        pcs[count - 1 - i] = DEMO + 0x1000 * functions[i];
    return builder_stack(&built, pcs, count);
}

#define STACK(...)                                                                                 \
    stack_of((const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / 8)

static uint32_t add_in_block(uint64_t address, uint32_t block_stack, uint32_t made_at)
{
    return builder_lock(&built, &(struct profile_lock){.address = address,
                                                       .block_stack = block_stack,
                                                       .block_offset = 8,
                                                       .creation_stack = made_at,
                                                       .initialised = made_at != 0});
}

static void add_wait(uint32_t lock, uint32_t stack)
{
    builder_wait(&built, &(struct profile_lock_wait){
                             .lock = lock, .stack = stack, .count = 1, .wait_ns = 1000000});
}

static void assert_name(uint64_t address, const char *name)
{
    for (size_t i = 0; i < profile.lock_count; i++)
        if (profile.locks[i].address == address) {
            assert_string_equal(profile.locks[i].name, name);
            return;
        }
    fail_msg("no lock at %#llx", (unsigned long long)address);
}

static bool says(const char *words)
{
    char *text = rendered(&profile, "text", "block");
    bool found = strstr(text, words) != NULL;
    free(text);
    return found;
}

static void assert_says(const char *words)
{
    if (!says(words))
        fail_msg("'%s' is not in:\n%s", words, rendered(&profile, "text", "block"));
}

// --- names

static void test_allocation_wrapper(void **state)
{
    (void)state;
    for (uint64_t callers = 3; callers <= 4; callers++) {
        for (uint64_t i = 0; i < callers; i++)
            add_in_block(0x10000 * (callers + 1) + i, STACK(callers, 16 * callers + i, 100), 0);
    }
    load_built(&profile, &built);
    assert_name(0x40000, "demo!0x2fff+0x8"); // its allocator has 3 callers
    assert_name(0x50000, "demo!0x3ffff+0x8");
    assert_name(0x50003, "demo!0x42fff+0x8");
}

static void test_allocation_wrapper_of_one_caller(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 8; i++)
        add_in_block(0x10000 + i, STACK(1, 2, 16 + i), 0);
    for (uint64_t i = 0; i < 7; i++)
        add_in_block(0x20000 + i, STACK(3, 4, 32 + i), 0);
    load_built(&profile, &built);
    assert_name(0x10001, "demo!0x10fff+0x8");
    assert_name(0x20001, "demo!0x2fff+0x8");
}

static void test_wrappers_of_wrappers(void **state)
{
    (void)state;
    for (uint64_t level = 1; level <= 6; level++)
        for (uint64_t i = 0; i < 4; i++) {
            uint64_t functions[8] = {1, 2, 3, 4, 5, 6, 7};
            functions[level] = 16 * level + i;
            add_in_block(0x1000 * level + i, stack_of(functions, level + 1), 0);
        }
    add_in_block(0x10000, STACK(1, 2, 3, 4, 5, 6, 7), 0);
    load_built(&profile, &built);
    assert_name(0x1000, "demo!0xffff+0x8");
    assert_name(0x4000, "demo!0x3ffff+0x8");
    assert_name(0x10000, "demo!0x4fff+0x8"); // no further than the fifth
}

static void test_made_in(void **state)
{
    (void)state;
    uint32_t allocated = STACK(1, 2), wait_at = STACK(9);
    for (uint64_t i = 0; i < 3; i++)
        add_wait(add_in_block(0x10000 + 0x100 * i, allocated, i < 2 ? STACK(3, 2) : STACK(4, 2)),
                 wait_at);
    add_wait(add_in_block(0x20000, STACK(5, 2), STACK(5, 2)), wait_at);
    load_built(&profile, &built);
    assert_says("  demo!0xfff+0x8   (2 mutexes)");
    assert_says("(2 mutexes)  2.0 ms  0 ns    -          2            0\n"
                "    made in  0x2fff  demo\n    waiting  0x8fff  demo");
    assert_says("    made in  0x3fff  demo\n");
    assert_says("  demo!0x4fff+0x8  (mutex)      1.0 ms  0 ns    -          1            0\n"
                "    waiting");
}

static void test_locks_without_a_name(void **state)
{
    (void)state;
    add_wait(builder_lock(&built, &(struct profile_lock){.address = 0x10,
                                                         .creation_stack = STACK(3, 2),
                                                         .initialised = 1}),
             STACK(9));
    add_wait(
        builder_lock(&built, &(struct profile_lock){.address = 0x20, .creation_stack = STACK(4)}),
        STACK(9));
    load_built(&profile, &built);
    assert_says("    made in  0x2fff  demo\n");
    assert_says("    used in  0x3fff  demo\n");
}

// --- arrays

static void add_element(uint64_t block, uint32_t block_stack, uint64_t offset, uint32_t made_at,
                        bool initialised)
{
    uint32_t lock = builder_lock(&built, &(struct profile_lock){.address = block + offset,
                                                                .block_stack = block_stack,
                                                                .block_offset = offset,
                                                                .creation_stack = made_at,
                                                                .initialised = initialised});
    add_wait(lock, STACK(9));
}

static void test_array_in_a_block(void **state)
{
    (void)state;
    uint32_t allocated = STACK(1, 2), loop = STACK(3, 2);
    for (uint64_t i = 0; i < 5; i++)
        add_element(0x10000, allocated, 40 * i, loop, true);
    for (uint64_t i = 5; i < 7; i++) // other members of the block
        add_element(0x10000, allocated, 40 * i, STACK(4 + i, 2), true);
    load_built(&profile, &built);
    assert_says("  demo!0xfff[*]    (5 mutexes)  5.0 ms");
    assert_says("  demo!0xfff+0xc8  (mutex)");
    assert_says("  demo!0xfff+0xf0  (mutex)");
    assert_says("7.0 ms waited for 7 locks, 5.0 ms for demo!0xfff[*], ");
    assert_name(0x10028, "demo!0xfff+0x28");
}

static void test_array_by_first_use(void **state)
{
    (void)state;
    uint32_t allocated = STACK(1, 2);
    for (uint64_t i = 0; i < 4; i++) {
        add_element(0x10000, allocated, 40 * i, STACK(3 + i / 2, 2), false);
        add_element(0x20000, allocated, 40 * i, STACK(5 + i, 2),
                    false); // places of their own: members
    }
    load_built(&profile, &built);
    assert_says("  demo!0xfff[*]    (4 mutexes)");
    assert_says("  demo!0xfff+0x50  (mutex)");
}

static uint64_t variable[16];

static void test_array_in_a_variable(void **state)
{
    (void)state;
    Dl_info info;
    assert_int_not_equal(dladdr(variable, &info), 0);
    uint64_t base = (uint64_t)(uintptr_t)info.dli_fbase;
    builder_module(&built, base, base + (64 << 20), info.dli_fname);
    uint32_t loop = STACK(3);
    for (size_t i = 1; i < 4; i++)
        add_wait(builder_lock(&built,
                              &(struct profile_lock){.address = (uint64_t)(uintptr_t)&variable[i],
                                                     .creation_stack = loop,
                                                     .initialised = 1}),
                 STACK(9));
    load_built(&profile, &built);
    assert_says("  variable[*]  (3 mutexes)");
    assert_says("3.0 ms waited for variable[*]");
    assert_name((uint64_t)(uintptr_t)&variable[2], "variable+16");
}

// --- who waits, who holds

static void test_lock_wrapper(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 3; i++) {
        uint32_t lock = builder_lock(&built, &(struct profile_lock){.address = 0x10 + 0x100 * i});
        add_wait(lock, STACK(1, 16 + i, 2));
    }
    uint32_t other = builder_lock(&built, &(struct profile_lock){.address = 0x1000});
    for (uint64_t i = 0; i < 5; i++) // it locks this one for itself
        add_wait(other, STACK(3, 32 + i, 2));
    load_built(&profile, &built);
    assert_says("    waiting  0x10fff  demo");
    assert_says("    waiting 1.0 ms for 0x10:\n      0xfff   demo\n");
    assert_says("    waiting  0x2fff  demo  5.0 ms  5 times");
}

static void test_lock_wrapper_of_two_locks(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 2; i++) {
        uint32_t lock = builder_lock(&built, &(struct profile_lock){.address = 0x10 + 0x100 * i});
        add_wait(lock, STACK(1, 16 + i, 2));
        add_wait(lock, STACK(1, 18 + i, 2));
        add_wait(lock, STACK(3, 32 + i, 2));
    }
    load_built(&profile, &built);
    assert_says("    waiting  0x11fff  demo"); // 4 callers
    assert_says("    waiting  0x2fff   demo"); // 2
}

static void test_locks_of_a_runtime(void **state)
{
    (void)state;
    builder_module(&built, 0x700000, 0x800000, "/usr/lib/libjemalloc.so.2");
    const uint64_t pcs[] = {DEMO + 0x1000, 0x701000};
    uint32_t stack = builder_stack(&built, pcs, 2);
    add_wait(builder_lock(&built, &(struct profile_lock){.address = 0x780000}), stack);
    add_wait(builder_lock(&built, &(struct profile_lock){.address = 0x790000,
                                                         .kind = PROFILE_LOCK_CONDITION}),
             stack);
    add_wait(builder_lock(&built, &(struct profile_lock){.address = DEMO + 0x80000}), stack);
    load_built(&profile, &built);
    assert_says("libjemalloc.so.2!0x80000  (mutex)  1.0 ms  0 ns    -          1");
    assert_says("    waiting  0xfff  libjemalloc.so.2  1.0 ms");
    assert_says("    waiting  0xfff  demo  1.0 ms");
    assert_says("    waiting 1.0 ms for libjemalloc.so.2!0x80000:\n"
                "      0xfff  libjemalloc.so.2\n");
}

static void test_held_in_part(void **state)
{
    (void)state;
    uint32_t lock = builder_lock(&built, &(struct profile_lock){.address = 0x10});
    uint32_t wait =
        builder_wait(&built, &(struct profile_lock_wait){
                                 .lock = lock, .stack = STACK(1), .count = 1, .wait_ns = 1000000});
    builder_pair(&built, &(struct profile_lock_pair){
                             .wait = wait, .holder_stack = STACK(2), .wait_ns = 400000});
    load_built(&profile, &built);
    assert_says("    holding  0x1fff  demo  400 µs  in part\n");
    assert_false(says(" 0 times"));
}

// --- waits without contention

static uint32_t add_condition(int64_t wait_ns, uint32_t stack)
{
    uint32_t lock = builder_lock(
        &built, &(struct profile_lock){.address = 0x602000, .kind = PROFILE_LOCK_CONDITION});
    builder_wait(&built,
                 &(struct profile_lock_wait){
                     .lock = lock, .stack = stack, .count = 2, .wait_ns = (uint64_t)wait_ns});
    return lock;
}

static void test_waits(void **state)
{
    (void)state;
    add_condition(300000000, STACK(1, 2));
    load_built(&profile, &built);
    assert_says("\n  waits     300 ms in 1 condition, 300 ms of it in 0xfff (demo)\n");
    assert_says("WAITS  for conditions, barriers, joins, by time");
    assert_says("    waiting 300 ms for 0x602000:\n      0xfff   demo\n      0x1fff  demo\n");
}

static void test_short_waits_are_no_news(void **state)
{
    (void)state;
    add_condition(100000000, STACK(1, 2)); // of 2.31 s
    uint32_t lock = builder_lock(&built, &(struct profile_lock){.address = 0x10});
    builder_wait(&built, &(struct profile_lock_wait){
                             .lock = lock, .stack = STACK(1), .count = 1, .wait_ns = 100000001});
    load_built(&profile, &built);
    assert_false(says("\n  waits "));
}

static __attribute__((noinline)) uint64_t return_address(void)
{
    return (uint64_t)(uintptr_t)__builtin_return_address(0);
}

static __attribute__((noinline)) uint64_t waits_through_a_header(void)
{
    return calls_inline(return_address);
}

static void test_waits_in_inlined_headers(void **state)
{
    (void)state;
    Dl_info info;
    assert_int_not_equal(dladdr(variable, &info), 0);
    uint64_t base = (uint64_t)(uintptr_t)info.dli_fbase, pc = waits_through_a_header();
    builder_module(&built, base, base + (64 << 20), info.dli_fname);
    add_condition(300000000, builder_stack(&built, &pc, 1));
    load_built(&profile, &built);
    assert_says("    waiting  waits_through_a_header  ");
}

// --- deadlocks

static void load_orphan(uint64_t before_end_ns)
{
    profile_release(&profile);
    profile_builder_release(&built);
    profile_builder_init(&built);
    uint32_t lock = builder_lock(&built, &(struct profile_lock){.address = 0x10});
    builder_deadlock(
        &built, &(struct profile_deadlock_link){.deadlock = 1,
                                                .kind = PROFILE_DEADLOCK_ORPHAN,
                                                .link_count = 1,
                                                .lock = lock,
                                                .thread = 4,
                                                .owner = 2,
                                                .wait_stack = STACK(1),
                                                .time_ns = built.header.end_ns - before_end_ns});
}

static void test_orphan_at_the_end(void **state)
{
    (void)state;
    load_orphan(50000000);
    load_built(&profile, &built);
    assert_says("at the very end");
    load_orphan(50000001);
    load_built(&profile, &built);
    assert_false(says("at the very end"));
    load_orphan(1000);
    built.header.exit_kind = PROFILE_EXIT_SIGNALED;
    load_built(&profile, &built);
    assert_false(says("at the very end"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_allocation_wrapper, set_up_module, tear_down),
        cmocka_unit_test_setup_teardown(test_allocation_wrapper_of_one_caller, set_up_module,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_wrappers_of_wrappers, set_up_module, tear_down),
        cmocka_unit_test_setup_teardown(test_made_in, set_up_module, tear_down),
        cmocka_unit_test_setup_teardown(test_locks_without_a_name, set_up_module, tear_down),
        cmocka_unit_test_setup_teardown(test_array_in_a_block, set_up_module, tear_down),
        cmocka_unit_test_setup_teardown(test_array_by_first_use, set_up_module, tear_down),
        cmocka_unit_test_setup_teardown(test_array_in_a_variable, set_up_module, tear_down),
        cmocka_unit_test_setup_teardown(test_lock_wrapper, set_up_module, tear_down),
        cmocka_unit_test_setup_teardown(test_lock_wrapper_of_two_locks, set_up_module, tear_down),
        cmocka_unit_test_setup_teardown(test_locks_of_a_runtime, set_up_module, tear_down),
        cmocka_unit_test_setup_teardown(test_held_in_part, set_up_module, tear_down),
        cmocka_unit_test_setup_teardown(test_waits, set_up_module, tear_down),
        cmocka_unit_test_setup_teardown(test_short_waits_are_no_news, set_up_module, tear_down),
        cmocka_unit_test_setup_teardown(test_waits_in_inlined_headers, set_up_module, tear_down),
        cmocka_unit_test_setup_teardown(test_orphan_at_the_end, set_up_module, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
