// SPDX-License-Identifier: MIT
//
// preload_profile_writer_test.c - the profile file: how it is made, how it grows, and what happens
// when it can't. What is written is read back by the parser of preload_support.c.
#include "preload/profile_writer.h"
#include "preload/sys.h"
#include "tests/unit/preload_support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH preload_scratch.path

static struct profile_copy copy;

static int set_up_closed(void **state)
{
    (void)state;
    scratch_init(&preload_scratch);
    return 0;
}

static int tear_down(void **state)
{
    profile_copy_release(&copy);
    copy.bytes = NULL;
    return preload_profile_close(state);
}

static void test_counts_before_it_is_open(void **state)
{
    (void)state;
    assert_null(profile_writer_add(PROFILE_CHUNK_PROCESS, 0, 1, 0, 0));
    assert_string_equal(profile_writer_path(), "");
    profile_drop(PROFILE_DROP_BEFORE_START);
    profile_drop(PROFILE_DROP_BEFORE_START);
    assert_int_equal(profile_writer_open(PATH), 0);
    profile_copy_load(&copy, PATH);
    assert_int_equal(profile_copy_header(&copy)->dropped[PROFILE_DROP_BEFORE_START], 2);
}

static void test_new_file(void **state)
{
    int free_fd = lowest_free_fd();

    (void)state;
    assert_int_equal(profile_writer_open(PATH), 0);
    assert_string_equal(profile_writer_path(), PATH);
    assert_int_equal(lowest_free_fd(), free_fd);
    profile_copy_load(&copy, PATH);
    assert_null(profile_copy_next(&copy, NULL, 0));
    assert_int_equal(profile_copy_header(&copy)->used_bytes, PROFILE_HEADER_BYTES);
}

static void test_mode(void **state)
{
    static const mode_t masks[] = {0, 022, 077};
    struct stat status;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        mode_t kept = umask(masks[i]);

        assert_int_equal(profile_writer_open(PATH), 0);
        umask(kept);
        assert_int_equal(stat(PATH, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
        profile_writer_reset();
        unlink(PATH);
    }
}

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void assert_file_says(const char *path, const char *text)
{
    char bytes[64] = "";
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_size, strlen(text));
    assert_true(read(fd, bytes, sizeof(bytes) - 1) >= 0);
    close(fd);
    assert_string_equal(bytes, text);
}

static void test_takes_no_file_that_exists(void **state)
{
    (void)state;
    write_file(PATH, "the host's");
    assert_int_equal(profile_writer_open(PATH), -EEXIST);
    assert_file_says(PATH, "the host's");
    assert_null(profile_writer_add(PROFILE_CHUNK_PROCESS, 0, 1, 0, 0));
}

static void test_follows_no_link(void **state)
{
    char target[PATH_MAX + 8];

    (void)state;
    snprintf(target, sizeof(target), "%s.target", PATH);
    assert_int_equal(symlink(target, PATH), 0); // to nothing: O_CREAT alone would make it
    assert_int_equal(profile_writer_open(PATH), -EEXIST);
    assert_int_equal(access(target, F_OK), -1);
    write_file(target, "the host's");
    assert_int_equal(profile_writer_open(PATH), -EEXIST);
    assert_file_says(target, "the host's");
}

static void test_no_directory(void **state)
{
    char path[PATH_MAX + 8];

    (void)state;
    snprintf(path, sizeof(path), "%s/none", PATH);
    assert_int_equal(profile_writer_open(path), -ENOENT);
    assert_string_equal(profile_writer_path(), "");
}

static struct profile_chunk *add(size_t payload_bytes, uint32_t tag)
{
    struct profile_chunk *chunk =
        profile_writer_add(PROFILE_CHUNK_PROCESS, 0, payload_bytes, tag, ~tag);

    if (chunk) {
        memset(profile_chunk_payload(chunk), (int)(tag | 1), payload_bytes);
        atomic_publish(&chunk->used_bytes, payload_bytes);
    }
    return chunk;
}

static void check_payload(const struct profile_chunk *chunk)
{
    const unsigned char *payload = (const void *)(chunk + 1);

    assert_int_equal(chunk->slot, ~chunk->first_id);
    if (chunk->used_bytes) { // each byte is the tag
        assert_int_equal(payload[0], (unsigned char)(chunk->first_id | 1));
        assert_true(memcmp(payload, payload + 1, chunk->used_bytes - 1) == 0);
    }
    for (uint64_t i = chunk->used_bytes; i < chunk->length_bytes - sizeof(*chunk); i++)
        assert_int_equal(payload[i], 0);
}

// All chunks are there, whole and in order, and nothing else but padding is.
static void check_chunks(const size_t *sizes, size_t count)
{
    const struct profile_chunk *chunk = NULL;
    size_t found = 0;

    profile_copy_load(&copy, PATH);
    while ((chunk = profile_copy_next(&copy, chunk, 0))) {
        if (chunk->type == PROFILE_CHUNK_PAD)
            continue;
        assert_true(found < count);
        assert_int_equal(chunk->first_id, found);
        assert_int_equal(chunk->used_bytes, sizes[found]);
        check_payload(chunk);
        found++;
    }
    assert_int_equal(found, count);
}

static void test_grows(void **state)
{
    static size_t sizes[4000]; // 18 MiB: more than is mapped at first
    struct random random = {42};
    int free_fd = lowest_free_fd();

    (void)state;
    assert_int_equal(profile_writer_open(PATH), 0);
    for (uint32_t i = 0; i < 4000; i++) {
        sizes[i] = random_below(&random, i % 50 ? 5000 : 200000);
        assert_non_null(add(sizes[i], i));
    }
    assert_int_equal(lowest_free_fd(), free_fd);
    check_chunks(sizes, 4000);
    assert_non_null(profile_copy_next(&copy, NULL, PROFILE_CHUNK_PAD));
}

static void test_grows_by_little_at_a_time(void **state)
{
    uint64_t wasted;

    (void)state;
    assert_int_equal(profile_writer_open(PATH), 0);
    for (uint32_t i = 0; i < 20000; i++)
        assert_non_null(add(960, i));
    profile_writer_trim();
    profile_copy_load(&copy, PATH);
    wasted = copy.length_bytes - profile_copy_header(&copy)->used_bytes;
    assert_true(wasted <= copy.length_bytes / 3);
}

static void test_chunk_larger_than_any_extent(void **state)
{
    static const size_t sizes[] = {100, 40u << 20, 100, 0, 262144 - 64};

    (void)state;
    assert_int_equal(profile_writer_open(PATH), 0);
    for (uint32_t i = 0; i < 5; i++)
        assert_non_null(add(sizes[i], i));
    check_chunks(sizes, 5);
}

// The first extent filled to its last byte: no padding is left over.
static void test_exact_fit(void **state)
{
    const struct profile_chunk *chunk = NULL;

    (void)state;
    assert_int_equal(profile_writer_open(PATH), 0);
    profile_copy_load(&copy, PATH);
    size_t first = copy.length_bytes - PROFILE_HEADER_BYTES - sizeof(*chunk);
    size_t sizes[] = {first, 64};
    profile_copy_release(&copy);
    assert_non_null(add(sizes[0], 0));
    assert_non_null(add(sizes[1], 1));
    check_chunks(sizes, 2);
    assert_null(profile_copy_next(&copy, NULL, PROFILE_CHUNK_PAD));
}

#define CHUNKS_PER_THREAD 1500

static void add_many(unsigned thread)
{
    struct random random = {thread + 1};

    for (uint32_t i = 0; i < CHUNKS_PER_THREAD; i++)
        add(random_below(&random, 3000), thread * CHUNKS_PER_THREAD + i);
}

static void test_grows_by_many_threads(void **state)
{
    static bool seen[THREADS * CHUNKS_PER_THREAD];
    const struct profile_chunk *chunk = NULL;
    size_t found = 0;

    (void)state;
    assert_int_equal(profile_writer_open(PATH), 0);
    run_threads(add_many);
    profile_copy_load(&copy, PATH);
    while ((chunk = profile_copy_next(&copy, chunk, PROFILE_CHUNK_PROCESS))) {
        assert_in_range(chunk->first_id, 0, THREADS * CHUNKS_PER_THREAD - 1);
        assert_false(seen[chunk->first_id]);
        seen[chunk->first_id] = true;
        check_payload(chunk);
        found++;
    }
    assert_int_equal(found, THREADS * CHUNKS_PER_THREAD);
}

static rlim_t set_file_limit(rlim_t bytes)
{
    struct rlimit limit;
    rlim_t kept;

    getrlimit(RLIMIT_FSIZE, &limit);
    kept = limit.rlim_cur;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
    return kept;
}

// Adds chunks of `bytes` until one is refused. Returns how many were not.
static uint32_t fill(size_t bytes, uint32_t first_tag)
{
    uint32_t tag = first_tag;

    while (tag < 1000000 && add(bytes, tag))
        tag++;
    return tag - first_tag;
}

// SIGXFSZ would end this program.
static void test_file_size_limit(void **state)
{
    rlim_t kept;
    uint32_t large, small;
    size_t found = 0;

    (void)state;
    assert_int_equal(profile_writer_open(PATH), 0);
    kept = set_file_limit(1u << 20);
    large = fill(30000, 0);
    small = fill(100, large); // what is left of the last extent is still of use
    set_file_limit(kept);
    assert_in_range(large, 1, 34);
    assert_in_range(small, 1, 30000 / 100);
    assert_null(add(30000, 0)); // once full, it stays full
    profile_writer_trim();
    profile_copy_load(&copy, PATH);
    assert_true(copy.length_bytes <= 1u << 20);
    for (const struct profile_chunk *chunk = NULL;
         (chunk = profile_copy_next(&copy, chunk, PROFILE_CHUNK_PROCESS));)
        found++;
    assert_int_equal(found, large + small);
}

static void test_no_room_at_all(void **state)
{
    rlim_t kept = set_file_limit(1000);
    int error = profile_writer_open(PATH);

    (void)state;
    set_file_limit(kept);
    assert_int_equal(error, -EFBIG);
    assert_null(add(1, 1));
}

// The name is refused to the next process with this pid, and the user finds a file of no bytes.
static void test_failed_open_leaves_no_file(void **state)
{
    rlim_t kept = set_file_limit(1000);
    int error = profile_writer_open(PATH);

    (void)state;
    set_file_limit(kept);
    assert_int_equal(error, -EFBIG);
    assert_int_equal(access(PATH, F_OK), -1);
}

#define MAPPED_BYTES ((16u << 20) + (256u << 10)) // at first

// No number of a descriptor is taken, not for a moment either: there is none to be had.
static void test_grows_without_a_descriptor(void **state)
{
    struct rlimit limit, none;
    uint32_t count;

    (void)state;
    assert_int_equal(profile_writer_open(PATH), 0);
    getrlimit(RLIMIT_NOFILE, &limit);
    none = limit;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
    count = fill(1000, 0);
    setrlimit(RLIMIT_NOFILE, &limit);
    assert_in_range(count, 10000, MAPPED_BYTES / 1000);
}

static void test_trims_and_grows_again(void **state)
{
    static size_t sizes[3000];
    struct stat status;

    (void)state;
    assert_int_equal(profile_writer_open(PATH), 0);
    for (uint32_t i = 0; i < 3000; i++) {
        sizes[i] = 1000;
        assert_non_null(add(1000, i));
        if (i % 1000 == 999) {
            profile_writer_trim();
            assert_int_equal(stat(PATH, &status), 0);
            assert_true(status.st_size <= 8 << 20);
        }
    }
    check_chunks(sizes, 3000);
}

static void test_grows_without_the_hole(void **state)
{
    static size_t sizes[3000];
    unsigned char is_resident;
    uint64_t mapped_bytes, allocated_bytes;
    const char *start;

    (void)state;
    assert_int_equal(profile_writer_open(PATH), 0);
    start = (const char *)profile_header;
    mapped_bytes = profile_writer_mapped_bytes();
    profile_writer_forgo_hole();
    allocated_bytes = profile_writer_mapped_bytes();
    assert_true(allocated_bytes < mapped_bytes);
    assert_int_equal(mincore((void *)(start + mapped_bytes - 4096), 4096, &is_resident), -1);
    for (uint32_t i = 0; i < 3000; i++) {
        sizes[i] = 1000;
        assert_non_null(add(1000, i));
    }
    assert_true(profile_writer_mapped_bytes() > allocated_bytes);
    check_chunks(sizes, 3000);
}

// Behind a filter nothing is asked for: there is room for a while.
static void test_room_behind_a_filter(void **state)
{
    uint32_t count;

    (void)state;
    assert_int_equal(profile_writer_open(PATH), 0);
    profile_writer_expect_filter();
    sys_filters = 1;
    count = fill(1000, 0);
    sys_filters = 0;
    assert_in_range(count, (2u << 20) / 1200, (3u << 20) / 1000);
}

// In a child that goes on with its parent's hook nothing is added to the parent's file.
static void test_detached(void **state)
{
    (void)state;
    assert_int_equal(profile_writer_open(PATH), 0);
    profile_writer_detach();
    assert_in_range(fill(1000, 0), 1, 256);
    profile_copy_load(&copy, PATH);
    assert_null(profile_copy_next(&copy, NULL, 0));
}

static void test_another_file_in_its_place(void **state)
{
    char moved[PATH_MAX + 8];
    uint32_t count;

    (void)state;
    assert_int_equal(profile_writer_open(PATH), 0);
    snprintf(moved, sizeof(moved), "%s.moved", PATH);
    assert_int_equal(rename(PATH, moved), 0);
    write_file(PATH, "the host's");
    count = fill(1000, 0);
    assert_in_range(count, 1, MAPPED_BYTES / 1000);
    assert_file_says(PATH, "the host's");
    profile_copy_load(&copy, moved);
    assert_non_null(profile_copy_next(&copy, NULL, PROFILE_CHUNK_PROCESS));
}

static void test_a_link_in_its_place(void **state)
{
    char moved[PATH_MAX + 8];

    (void)state;
    assert_int_equal(profile_writer_open(PATH), 0);
    snprintf(moved, sizeof(moved), "%s.moved", PATH);
    assert_int_equal(rename(PATH, moved), 0);
    assert_int_equal(symlink(moved, PATH), 0); // even to the profile itself
    assert_in_range(fill(1000, 0), 1, MAPPED_BYTES / 1000);
    profile_copy_load(&copy, moved);
    assert_int_equal(copy.length_bytes, MAPPED_BYTES);
}

static void test_file_is_gone(void **state)
{
    (void)state;
    assert_int_equal(profile_writer_open(PATH), 0);
    assert_int_equal(unlink(PATH), 0);
    assert_in_range(fill(1000, 0), 1, MAPPED_BYTES / 1000);
    assert_int_equal(access(PATH, F_OK), -1);
}

// A child that follows starts anew: what is counted before its own profile is open goes nowhere
// near its parent's.
static void test_reset(void **state)
{
    (void)state;
    assert_int_equal(profile_writer_open(PATH), 0);
    profile_drop(PROFILE_DROP_NESTED);
    profile_writer_reset();
    profile_drop(PROFILE_DROP_NESTED);
    assert_string_equal(profile_writer_path(), "");
    assert_null(add(1, 1));
    profile_copy_load(&copy, PATH);
    assert_int_equal(profile_copy_header(&copy)->dropped[PROFILE_DROP_NESTED], 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_closed, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_counts_before_it_is_open),
        TEST(test_new_file),
        TEST(test_mode),
        TEST(test_takes_no_file_that_exists),
        TEST(test_follows_no_link),
        TEST(test_no_directory),
        TEST(test_grows),
        TEST(test_grows_by_little_at_a_time),
        TEST(test_chunk_larger_than_any_extent),
        TEST(test_exact_fit),
        TEST(test_grows_by_many_threads),
        TEST(test_file_size_limit),
        TEST(test_no_room_at_all),
        TEST(test_failed_open_leaves_no_file),
        TEST(test_grows_without_a_descriptor),
        TEST(test_trims_and_grows_again),
        TEST(test_grows_without_the_hole),
        TEST(test_room_behind_a_filter),
        TEST(test_detached),
        TEST(test_another_file_in_its_place),
        TEST(test_a_link_in_its_place),
        TEST(test_file_is_gone),
        TEST(test_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
