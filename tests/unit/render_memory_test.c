// SPDX-License-Identifier: MIT
//
// render_memory_test.c - what reports keep on the way: a small merged profile in which one long
// name is that of very many frames takes no more memory than a real one, nor do rows of deep
// stacks.
#include "tests/unit/profile_fixture.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 30000
#define KEPT_BYTES_MAX ((size_t)64 << 20)
#define SLACK_BYTES ((size_t)8 << 20)

static void add_call(uint32_t group)
{
    uint64_t pc = PROFILE_MARKER_END + group;
    uint32_t stack = builder_stack(&built, &pc, 1);
    builder_cell(&built, &(struct profile_cell){stack, 0, 1, 8, 0, 0, 0, 0, 0});
}

// With the long name as text 1.
static void begin_merged(void)
{
    static char text[1 + NAME_BYTES + 1];
    const struct profile_merged head = {.profile_count = 1};
    memset(text + 1, 'f', NAME_BYTES);
    built.header.is_merged = 1;
    profile_builder_finish(&built);
    profile_builder_append(&built, PROFILE_CHUNK_MERGED, 0, &head, sizeof(head));
    profile_builder_append(&built, PROFILE_CHUNK_TEXTS, 0, text, sizeof(text));
}

static void load_merged(void)
{
    const char *why = "";
    assert_int_equal(load_bytes(&profile, built.bytes, built.length_bytes, &why), 0);
}

// `calls` stacks of one call each, into which calls of the long name, `inlined` deep, are inlined.
static void load_calls(uint32_t calls, uint32_t inlined)
{
    size_t count = (size_t)calls * inlined;
    struct profile_merged_frame *frames = calloc(count, sizeof(*frames));
    assert_non_null(frames);
    for (uint32_t i = 0; i < calls; i++)
        add_call(i + 1);
    for (uint32_t i = 0; i < count; i++)
        frames[i] = (struct profile_merged_frame){
            .group = i / inlined + 1, .function = 1, .line = i % inlined + 1};
    begin_merged();
    profile_builder_append(&built, PROFILE_CHUNK_FRAMES, sizeof(*frames), frames,
                           count * sizeof(*frames));
    load_merged();
    free(frames);
}

static size_t allocated_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static size_t most_bytes;

static ssize_t discard(void *cookie, const char *text, size_t length)
{
    size_t bytes = allocated_bytes();
    (void)cookie, (void)text;
    if (bytes > most_bytes)
        most_bytes = bytes;
    return (ssize_t)length;
}

// What rendering has at most, beside the profile.
static size_t rendering_bytes(const char *format, const char *view)
{
    struct render_options options = {.view = view_find(view)};
    FILE *out = fopencookie(NULL, "w", (cookie_io_functions_t){.write = discard});
    assert_non_null(out);
    size_t before = most_bytes = allocated_bytes();
    assert_int_equal(render_format_find(format)->render(&profile, &options, out), 0);
    fclose(out);
    return most_bytes - before;
}

static void test_many_frames(void **state)
{
    (void)state;
    load_calls(4000, 1); // 120 MB of JSON
    assert_true(rendering_bytes("json", "heap") <= KEPT_BYTES_MAX + SLACK_BYTES);
}

static void test_many_inlined_frames(void **state)
{
    (void)state;
    load_calls(30, 32); // 29 MB
    assert_true(rendering_bytes("json", "heap") <= 30 * 32 * NAME_BYTES + SLACK_BYTES);
}

// All rows, and in each the frames of its stack.
static void test_text_of_deep_stacks(void **state)
{
    enum { STACKS = 5000, DEPTH = 100 };
    uint32_t node = builder_node(&built, 1, 0);
    (void)state;
    builder_module(&built, 0x400000, 0x600000, "/usr/bin/demo");
    for (uint64_t depth = 1; depth < DEPTH; depth++)
        node = builder_node(&built, 0x401000 + depth * 16, node);
    for (uint64_t i = 0; i < STACKS; i++) {
        uint32_t leaf = builder_node(&built, 0x410000 + i * 16, node);
        builder_cell(&built, &(struct profile_cell){leaf, 0, 1, 8, 0, 0, 0, 0, 0});
    }
    load_built(&profile, &built);
    assert_true(rendering_bytes("text", "allocs") <= SLACK_BYTES);
}

// All are called the same: as many have their name as is reasonable.
static void test_programs(void **state)
{
    enum { COUNT = 1000 };
    static struct profile_merged_program programs[COUNT];
    size_t named = 0;
    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        programs[i] = (struct profile_merged_program){.name = 1, .profile_count = 1};
    begin_merged();
    profile_builder_append(&built, PROFILE_CHUNK_PROGRAMS, sizeof(*programs), programs,
                           sizeof(programs));
    load_merged();
    for (size_t i = 0; i < profile.merged.program_count; i++)
        named += *profile.merged.programs[i].name != '\0';
    assert_int_equal(profile.merged.program_count, COUNT);
    assert_int_equal(named, (16 << 20) / NAME_BYTES);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_many_frames),
        TEST(test_many_inlined_frames),
        TEST(test_programs),
        TEST(test_text_of_deep_stacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
