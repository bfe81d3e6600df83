// SPDX-License-Identifier: MIT
//
// profile_hostile_test.c - a profile cut at every length, with flipped bits, with random words, and
// with stacks that lead nowhere: an error or a report, never a crash, a hang or much memory. Run
// it under a sanitizer to see more.
#include "tests/unit/profile_support.h"

#include <stdlib.h>
#include <string.h>

// A sanitizer makes each try ten times as dear; the fuzz targets have more of them under one.
#define LENGTH_STEP (SANITIZED ? 13 : 1)
#define ROUNDS (SANITIZED ? 500 : 6000)

static struct profile_builder built;
static struct profile profile;

static int set_up(void **state)
{
    (void)state;
    profile_builder_init(&built);
    profile_builder_fill_demo(&built);
    return 0;
}

static int set_up_sampled(void **state)
{
    (void)state;
    profile_builder_init(&built);
    profile_builder_fill_sampled(&built);
    return 0;
}

static int set_up_locks(void **state)
{
    (void)state;
    profile_builder_init(&built);
    profile_builder_fill_locks(&built);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    profile_builder_release(&built);
    return 0;
}

// Whatever loads must render.
static int try_bytes(const void *bytes, size_t length)
{
    const char *why = NULL;
    int error = load_bytes(&profile, bytes, length, &why);
    if (error) {
        assert_non_null(why);
        return error;
    }
    free(rendered(&profile, "text", "all"));
    free(rendered(&profile, "json", "all"));
    free(rendered(&profile, "text", "threads"));
    free(rendered(&profile, "text", "order"));
    free(rendered(&profile, "text", "mutex"));
    return 0;
}

static void test_every_truncation(void **state)
{
    (void)state;
    profile_builder_finish(&built);
    for (size_t length = 0; length < built.length_bytes; length += LENGTH_STEP) {
        int error = try_bytes(built.bytes, length);
        if (length < PROFILE_HEADER_BYTES) {
            assert_int_not_equal(error, 0);
            continue;
        }
        assert_int_equal(error, 0);
        assert_false(profile.complete);
        assert_true(has_note(&profile, "cut off"));
        profile_release(&profile);
    }
}

// Changes hit the first 400 bytes of the header and the chunks; the rest of the header is unused.
static size_t random_place(uint64_t *seed)
{
    size_t used = 400 + built.length_bytes - PROFILE_HEADER_BYTES;
    size_t at = next_random(seed) % used;
    return at < 400 ? at : at - 400 + PROFILE_HEADER_BYTES;
}

static void mutate(unsigned char *bytes, uint64_t *seed)
{
    static const uint64_t words[] = {
        0,          1,          2,         63,       64,
        UINT32_MAX, UINT64_MAX, INT64_MAX, 1u << 26, 0x7fefffffffffffff, // the largest double
    };
    size_t count = 1 + next_random(seed) % 8;
    for (size_t i = 0; i < count; i++) {
        size_t at = random_place(seed);
        if (next_random(seed) % 2) {
            bytes[at] ^= (unsigned char)(1u << next_random(seed) % 8);
            continue;
        }
        at &= ~(size_t)7;
        size_t word = next_random(seed) % (sizeof(words) / sizeof(*words));
        memcpy(bytes + at, &words[word], sizeof(words[word]));
    }
}

static void test_mutations(void **state)
{
    (void)state;
    uint64_t seed = 20240501;
    profile_builder_finish(&built);
    unsigned char *bytes = malloc(built.length_bytes);
    assert_non_null(bytes);
    size_t loaded = 0;
    for (int round = 0; round < ROUNDS; round++) {
        memcpy(bytes, built.bytes, built.length_bytes);
        mutate(bytes, &seed);
        if (try_bytes(bytes, built.length_bytes) == 0) {
            loaded++;
            profile_release(&profile);
        }
    }
    free(bytes);
    assert_true(loaded > ROUNDS / 2); // else this tests nothing but the header
}

static void assert_damaged(uint32_t stack)
{
    builder_cell(&built, &(struct profile_cell){stack, 0, 1, 8, 0, 0, 0, 0, 0});
    load_built(&profile, &built);
    assert_true(has_note(&profile, "1 stacks are damaged"));
    assert_int_equal(profile.heap.total.allocations, 1011); // it counts all the same
    char *text = rendered(&profile, "text", "all");
    assert_non_null(strstr(text, "[damaged stack]"));
    free(text);
    profile_release(&profile);
}

static void test_cycle(void **state)
{
    (void)state;
    uint32_t first = (uint32_t)built.nodes.count + 1;
    builder_node(&built, 0x401000, first + 1);
    assert_damaged(builder_node(&built, 0x402000, first));
}

static void test_own_parent(void **state)
{
    (void)state;
    uint32_t id = (uint32_t)built.nodes.count + 1;
    assert_damaged(builder_node(&built, 0x401000, id));
}

static void test_parent_out_of_range(void **state)
{
    (void)state;
    assert_damaged(builder_node(&built, 0x401000, UINT32_MAX));
}

static void test_unpublished_parent(void **state)
{
    (void)state;
    uint32_t silent = builder_node(&built, 0, 1);
    assert_damaged(builder_node(&built, 0x401000, silent));
}

static void test_stack_out_of_range(void **state)
{
    (void)state;
    assert_damaged(UINT32_MAX);
}

// A chain no writer can make must not be walked to its end again and again.
static void test_endless_chain(void **state)
{
    (void)state;
    uint32_t node = builder_node(&built, 1, 0);
    for (int i = 0; i < 20000; i++) {
        node = builder_node(&built, 0x401000, node);
        builder_cell(&built, &(struct profile_cell){node, 0, 1, 8, 0, 0, 0, 0, 0});
    }
    profile_builder_finish(&built);
    const char *why;
    assert_int_equal(load_bytes(&profile, built.bytes, built.length_bytes, &why), 0);
    free(rendered(&profile, "text", "all"));
    profile_release(&profile);
}

static void test_duplicate_node_ids(void **state)
{
    (void)state;
    profile_builder_finish(&built);
    struct profile_chunk *chunk = (void *)(built.bytes + PROFILE_HEADER_BYTES);
    for (int nodes = 0; nodes < 2; chunk = (void *)((char *)chunk + chunk->length_bytes))
        if (chunk->type == PROFILE_CHUNK_NODES && nodes++ == 1)
            chunk->first_id = 1;
    assert_int_equal(try_bytes(built.bytes, built.length_bytes), 0);
    profile_release(&profile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_truncation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mutations, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_truncation, set_up_sampled, tear_down),
        cmocka_unit_test_setup_teardown(test_mutations, set_up_sampled, tear_down),
        cmocka_unit_test_setup_teardown(test_every_truncation, set_up_locks, tear_down),
        cmocka_unit_test_setup_teardown(test_mutations, set_up_locks, tear_down),
        cmocka_unit_test_setup_teardown(test_cycle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_own_parent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_parent_out_of_range, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unpublished_parent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stack_out_of_range, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_endless_chain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_duplicate_node_ids, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
