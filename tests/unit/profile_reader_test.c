// SPDX-License-Identifier: MIT
//
// profile_reader_test.c - headers and chunks: what is refused, and with which words.
#include "report/model/profile_reader.h"
#include "tests/unit/profile_support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct profile_builder built;

static int set_up(void **state)
{
    (void)state;
    profile_builder_init(&built);
    profile_builder_fill_demo(&built);
    profile_builder_finish(&built);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    profile_builder_release(&built);
    return 0;
}

static void assert_refused(size_t length, int expected, const char *words)
{
    struct profile_reader reader;
    const char *why = "";
    assert_int_equal(profile_reader_open(&reader, built.bytes, length, &why), expected);
    assert_non_null(strstr(why, words));
}

static struct profile_header *header(void)
{
    return (struct profile_header *)(void *)built.bytes;
}

static void test_refuses_short_files(void **state)
{
    (void)state;
    assert_refused(0, -EINVAL, "empty");
    assert_refused(5, -EINVAL, "not a gaiaprof profile");
    assert_refused(8, -EINVAL, "cut off inside its header");
    assert_refused(PROFILE_HEADER_BYTES - 1, -EINVAL, "cut off inside its header");
}

static void test_refuses_foreign_files(void **state)
{
    (void)state;
    header()->magic[7] = 'p';
    assert_refused(built.length_bytes, -EINVAL, "not a gaiaprof profile");
}

static void test_refuses_other_versions(void **state)
{
    (void)state;
    header()->version = PROFILE_VERSION + 1;
    assert_refused(built.length_bytes, -EPROTO, "newer gaiaprof");
    header()->version = 0;
    assert_refused(built.length_bytes, -EPROTO, "older gaiaprof");
}

static void test_reads_what_it_can(void **state)
{
    (void)state;
    for (uint32_t version = PROFILE_VERSION_OLDEST; version <= PROFILE_VERSION; version++) {
        struct profile_reader reader;
        const char *why;
        header()->version = version;
        assert_int_equal(profile_reader_open(&reader, built.bytes, built.length_bytes, &why), 0);
    }
}

static void test_refuses_other_byte_order(void **state)
{
    (void)state;
    header()->byte_order = 0x04030201;
    assert_refused(built.length_bytes, -EPROTO, "byte order");
}

static void test_refuses_absurd_sizes(void **state)
{
    (void)state;
    struct profile_reader reader;
    const char *why = "";
    assert_int_equal(profile_reader_open(&reader, built.bytes, PROFILE_FILE_BYTES_MAX + 1, &why),
                     -EFBIG);
}

static size_t count_chunks(struct profile_reader *reader)
{
    size_t count = 0;
    for (struct profile_span span = {0}; profile_reader_next(reader, &span);)
        count++;
    return count;
}

static void open_built(struct profile_reader *reader)
{
    const char *why;
    assert_int_equal(profile_reader_open(reader, built.bytes, built.length_bytes, &why), 0);
}

static void test_walks_all_chunks(void **state)
{
    (void)state;
    struct profile_reader reader;
    open_built(&reader);
    // process, module, unknown, nodes 2, cells 2, threads 2, locks 2, waits 1, pad
    assert_int_equal(count_chunks(&reader), 13);
    assert_null(reader.damage);
    assert_false(reader.truncated);
}

static struct profile_chunk *second_chunk(void)
{
    struct profile_chunk *first = (void *)(built.bytes + PROFILE_HEADER_BYTES);
    return (void *)((char *)first + first->length_bytes);
}

static void test_stops_at_a_bad_chunk(void **state)
{
    (void)state;
    static const uint64_t lengths[] = {0, 63, 65, 100, UINT64_MAX, UINT64_MAX - 63};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        struct profile_reader reader;
        second_chunk()->length_bytes = lengths[i];
        open_built(&reader);
        assert_int_equal(count_chunks(&reader), 1);
        assert_non_null(reader.damage);
        assert_int_equal(reader.damage_off, (unsigned char *)second_chunk() - built.bytes);
    }
}

static void test_ignores_what_is_not_published(void **state)
{
    (void)state;
    struct profile_reader reader;
    header()->used_bytes = (uint64_t)((unsigned char *)second_chunk() - built.bytes);
    open_built(&reader);
    assert_int_equal(count_chunks(&reader), 1);
    assert_null(reader.damage);
    header()->used_bytes = built.length_bytes; // the process goes on
    profile_reader_refresh(&reader);
    assert_int_equal(count_chunks(&reader), 13);
}

static void test_records_of_another_size(void **state)
{
    (void)state;
    struct profile_span span = {.record_bytes = 64, .payload_bytes = 1000};
    assert_int_equal(profile_span_records(&span, 64), 15);
    assert_int_equal(profile_span_records(&span, 65), 0);
    span.record_bytes = 72; // a later version may append fields
    assert_int_equal(profile_span_records(&span, 64), 13);
    span.record_bytes = 68;
    assert_int_equal(profile_span_records(&span, 64), 0);
    span.record_bytes = 0;
    assert_int_equal(profile_span_records(&span, 64), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_refuses_short_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refuses_foreign_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refuses_other_versions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reads_what_it_can, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refuses_other_byte_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refuses_absurd_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_walks_all_chunks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stops_at_a_bad_chunk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ignores_what_is_not_published, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_records_of_another_size, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
