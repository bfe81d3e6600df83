// SPDX-License-Identifier: MIT
//
// leak_file_test.c - a leak scan written to a profile and read back; files that lie.
#include "report/leaks/leak_scan.h"
#include "report/model/profile_reader.h"
#include "tests/unit/leak_support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];
static struct region region;

static void write_file(const void *bytes, size_t length)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    close(fd);
}

// A profile without chunks, and some room behind it.
static int set_up(void **state)
{
    (void)state;
    unsigned char bytes[2 * PROFILE_HEADER_BYTES];
    struct profile_header header = {.version = PROFILE_VERSION,
                                    .byte_order = PROFILE_BYTE_ORDER,
                                    .used_bytes = PROFILE_HEADER_BYTES};
    memcpy(header.magic, PROFILE_MAGIC, sizeof(header.magic));
    memset(bytes, 0xee, sizeof(bytes));
    memcpy(bytes, &header, sizeof(header));
    snprintf(path, sizeof(path), "/tmp/leak_file_test.%d", (int)getpid());
    write_file(bytes, sizeof(bytes));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    region_release(&region);
    unlink(path);
    return 0;
}

static int load(struct leak_scan *scan)
{
    const char *why;
    struct profile_file file;
    struct profile_reader reader;
    assert_int_equal(profile_file_open(&file, path, &why), 0);
    assert_int_equal(profile_reader_open(&reader, file.bytes, file.length_bytes, &why), 0);
    int error = leak_scan_load(scan, &region, &reader);
    assert_null(reader.damage);
    profile_file_close(&file);
    return error;
}

static struct leak_scan classified(struct profile_leak *leaks, size_t count)
{
    return (struct leak_scan){
        .head = {.is_classified = 1, .time_ns = 11, .stopped_ns = 22, .scanned_bytes = 33},
        .leaks = leaks,
        .leak_count = count};
}

static void test_no_scan(void **state)
{
    (void)state;
    struct leak_scan scan;
    assert_int_equal(load(&scan), -ENOENT);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct profile_leak leaks[] = {
        {.stack = 5,
         .class = PROFILE_LEAK_DEFINITE,
         .blocks = 2,
         .bytes = 100,
         .indirect_blocks = 3,
         .indirect_bytes = 4000},
        {.stack = 5, .class = PROFILE_LEAK_REACHABLE, .blocks = 1, .bytes = 70},
    };
    struct leak_scan scan = classified(leaks, 2), loaded;
    assert_int_equal(leak_scan_append(&scan, path), 0);
    assert_int_equal(load(&loaded), 0);
    assert_int_equal(loaded.leak_count, 2);
    assert_memory_equal(loaded.leaks, leaks, sizeof(leaks));
    assert_memory_equal(&loaded.head, &scan.head, sizeof(scan.head));
    assert_null(loaded.why);
}

static void test_no_leaks(void **state)
{
    (void)state;
    struct leak_scan scan = classified(NULL, 0), loaded;
    assert_int_equal(leak_scan_append(&scan, path), 0);
    assert_int_equal(load(&loaded), 0);
    assert_int_equal(loaded.leak_count, 0);
    assert_int_equal(loaded.head.is_classified, 1);
}

static void test_reason(void **state)
{
    (void)state;
    struct leak_scan scan = {.why = "it is Tuesday"}, loaded;
    assert_int_equal(leak_scan_append(&scan, path), 0);
    assert_int_equal(load(&loaded), 0);
    assert_int_equal(loaded.head.is_classified, 0);
    assert_string_equal(loaded.why, "it is Tuesday");
}

static void test_the_last_scan_counts(void **state)
{
    (void)state;
    struct profile_leak leak = {.stack = 1, .blocks = 1, .bytes = 1};
    struct leak_scan first = classified(&leak, 1), second = {.why = "no"}, third, loaded;
    assert_int_equal(leak_scan_append(&first, path), 0);
    assert_int_equal(leak_scan_append(&second, path), 0);
    assert_int_equal(load(&loaded), 0);
    assert_string_equal(loaded.why, "no");
    leak.bytes = 2;
    third = classified(&leak, 1);
    assert_int_equal(leak_scan_append(&third, path), 0);
    assert_int_equal(load(&loaded), 0);
    assert_int_equal(loaded.leak_count, 1);
    assert_int_equal(loaded.leaks[0].bytes, 2);
}

static void test_no_profile_is_touched(void **state)
{
    (void)state;
    struct leak_scan scan = {.why = "no"};
    char link[80];
    snprintf(link, sizeof(link), "%s.link", path);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(leak_scan_append(&scan, link), -ELOOP);
    unlink(link);
    assert_int_equal(leak_scan_append(&scan, "/tmp"), -EISDIR);
    assert_int_equal(leak_scan_append(&scan, "/dev/null"), -EINVAL);
    char other[PROFILE_HEADER_BYTES] = "something else";
    write_file(other, sizeof(other));
    assert_int_equal(leak_scan_append(&scan, path), -EINVAL);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, sizeof(other));
}

// --- hostile chunks

static void append_raw(uint32_t type, uint32_t record_bytes, uint64_t used_bytes,
                       const void *payload, size_t length)
{
    struct profile_header header;
    struct profile_chunk chunk = {.type = type,
                                  .record_bytes = record_bytes,
                                  .length_bytes = sizeof(chunk) + length,
                                  .used_bytes = used_bytes};
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &header, sizeof(header), 0), sizeof(header));
    assert_int_equal(pwrite(fd, &chunk, sizeof(chunk), (off_t)header.used_bytes), sizeof(chunk));
    assert_int_equal(pwrite(fd, payload, length, (off_t)(header.used_bytes + sizeof(chunk))),
                     length);
    header.used_bytes += chunk.length_bytes;
    assert_int_equal(pwrite(fd, &header, sizeof(header), 0), sizeof(header));
    close(fd);
}

static void test_absurd_records(void **state)
{
    (void)state;
    struct profile_leak_scan head = {.is_classified = 77};
    struct profile_leak leaks[4] = {
        {.stack = 1, .class = PROFILE_LEAK_CLASS_COUNT, .blocks = 1},
        {.stack = 0, .class = PROFILE_LEAK_DEFINITE, .blocks = 1},
        {.stack = 1, .class = PROFILE_LEAK_DEFINITE, .blocks = UINT64_MAX},
        {.stack = UINT32_MAX, .class = PROFILE_LEAK_POSSIBLE, .blocks = 1},
    };
    struct leak_scan loaded;
    append_raw(PROFILE_CHUNK_LEAK_SCAN, 0, sizeof(head), &head, sizeof(head));
    append_raw(PROFILE_CHUNK_LEAKS, sizeof(leaks[0]), UINT64_MAX, leaks, sizeof(leaks));
    assert_int_equal(load(&loaded), 0);
    assert_int_equal(loaded.leak_count, 1);
    assert_int_equal(loaded.leaks[0].stack, UINT32_MAX);
    append_raw(PROFILE_CHUNK_LEAK_SCAN, 0, 0, &head, sizeof(head));
    append_raw(PROFILE_CHUNK_LEAKS, 8, 0, leaks, sizeof(leaks));
    assert_int_equal(load(&loaded), 0);
    assert_int_equal(loaded.leak_count, 0);
}

static void test_absurd_reason(void **state)
{
    (void)state;
    unsigned char payload[128] = {0};
    struct profile_leak_scan head = {.reason_bytes = UINT32_MAX};
    struct leak_scan loaded;
    memcpy(payload, &head, sizeof(head));
    memset(payload + sizeof(head), 'x', sizeof(payload) - sizeof(head));
    append_raw(PROFILE_CHUNK_LEAK_SCAN, 0, UINT64_MAX, payload, sizeof(payload));
    assert_int_equal(load(&loaded), 0);
    assert_int_equal(strlen(loaded.why), sizeof(payload) - sizeof(head));
    append_raw(PROFILE_CHUNK_LEAK_SCAN, 0, 0, payload, sizeof(payload));
    assert_int_equal(load(&loaded), 0);
    assert_non_null(loaded.why);
    // too short to be one
    append_raw(PROFILE_CHUNK_LEAK_SCAN, 0, 0, payload, 0);
    assert_int_equal(load(&loaded), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_scan, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_round_trip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_leaks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reason, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_last_scan_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_profile_is_touched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_absurd_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_absurd_reason, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
