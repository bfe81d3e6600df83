// SPDX-License-Identifier: MIT
//
// profile_large_test.c - profiles with very many of a thing, as no real process makes them: what
// takes the square of that does not end within the test's limits of CPU time and memory.
#include "tests/unit/profile_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define CPU_SECONDS_MAX 20 // ten times what it takes
#define MEMORY_MAX ((rlim_t)2 << 30)
#define COUNT (SANITIZED ? 40000 : 200000)
#define NAMES_COUNT 30000
#define NAME_BYTES 30000

static uint64_t address_of(uint64_t number)
{
    return 0x400000 + number * 64;
}

static void add_stacks(void)
{
    for (uint64_t i = 0; i < COUNT; i++) {
        uint64_t pc = address_of(i) + 16;
        uint32_t stack = builder_stack(&built, &pc, 1);
        builder_cell(&built, &(struct profile_cell){stack, 0, 1, 8, 0, 0, 0, 0, 0});
    }
}

// Returns how many modules they were found in.
static size_t look_up_all(void)
{
    const char *path, *why = "";
    assert_int_equal(load_bytes(&profile, built.bytes, built.length_bytes, &why), 0);
    for (size_t i = 0; i < profile.heap.site_count; i++)
        stack_user_frame(&profile, profile.heap.sites[i].stack);
    return profile_modules_in_state(&profile, SYMBOLIZER_MISSING, &path);
}

static void test_as_many_modules(void **state)
{
    (void)state;
    add_stacks();
    for (uint64_t i = 0; i < COUNT; i++)
        builder_module(&built, address_of(i), address_of(i + 1), "/nonexistent/library");
    profile_builder_finish(&built);
    assert_int_equal(look_up_all(), COUNT);
}

// Each covers all addresses, none at the time of the stacks.
static void test_modules_that_overlap(void **state)
{
    (void)state;
    add_stacks();
    for (uint64_t i = 0; i < COUNT; i++)
        builder_module(&built, 0x300000 - i, address_of(COUNT), "/nonexistent/library");
    profile_builder_finish(&built);
    struct profile_chunk *chunk = (void *)(built.bytes + PROFILE_HEADER_BYTES);
    for (size_t i = 0; i < COUNT; chunk = (void *)((char *)chunk + chunk->length_bytes)) {
        struct profile_module *module = (void *)(chunk + 1);
        if (chunk->type != PROFILE_CHUNK_MODULE)
            continue;
        module->first_generation = module->last_generation = 5;
        i++;
    }
    assert_int_equal(look_up_all(), 0);
}

// --- merged profiles

// A stack for each of NAMES_COUNT frames, which are called what begins at `step` times their number
// in one long text.
static void load_names(uint32_t step)
{
    static char text[1 + NAME_BYTES + 1];
    static struct profile_merged_frame frames[NAMES_COUNT];
    const struct profile_merged head = {.profile_count = 1};
    const char *why = "";
    memset(text + 1, 'f', NAME_BYTES);
    built.header.is_merged = 1;
    for (uint32_t i = 0; i < NAMES_COUNT; i++) {
        uint64_t pc = PROFILE_MARKER_END + i + 1;
        uint32_t stack = builder_stack(&built, &pc, 1);
        builder_cell(&built, &(struct profile_cell){stack, 0, 1, 8, 0, 0, 0, 0, 0});
        frames[i] = (struct profile_merged_frame){
            .group = i + 1, .function = 1 + i * step % NAME_BYTES, .line = i + 1};
    }
    profile_builder_finish(&built);
    profile_builder_append(&built, PROFILE_CHUNK_MERGED, 0, &head, sizeof(head));
    profile_builder_append(&built, PROFILE_CHUNK_TEXTS, 0, text, sizeof(text));
    profile_builder_append(&built, PROFILE_CHUNK_FRAMES, sizeof(frames[0]), frames, sizeof(frames));
    assert_int_equal(load_bytes(&profile, built.bytes, built.length_bytes, &why), 0);
}

static size_t count_named(void)
{
    size_t count = 0;
    for (size_t i = 0; i < profile.heap.site_count; i++)
        count += stack_user_frame(&profile, profile.heap.sites[i].stack)->place->function != NULL;
    free(rendered(&profile, "json", "heap"));
    return count;
}

// Together they would be much more than the profile: only the first is a text.
static void test_names_that_overlap(void **state)
{
    (void)state;
    load_names(1);
    assert_int_equal(count_named(), 1);
}

// All have the same: as many are named as is reasonable.
static void test_one_long_name(void **state)
{
    (void)state;
    load_names(0);
    assert_int_equal(count_named(), (256 << 20) / NAME_BYTES);
}

int main(void)
{
    const struct rlimit time = {CPU_SECONDS_MAX, CPU_SECONDS_MAX};
    const struct rlimit memory = {MEMORY_MAX, MEMORY_MAX};
    if (!SANITIZED) {
        setrlimit(RLIMIT_CPU, &time);
        setrlimit(RLIMIT_AS, &memory);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_as_many_modules, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_modules_that_overlap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_names_that_overlap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_long_name, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
