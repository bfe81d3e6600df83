// SPDX-License-Identifier: MIT
//
// preload_sys_test.c - calls into the kernel: results are -errno, errno is the host's.
#include "preload/sys.h"
#include "tests/unit/preload_support.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct scratch scratch;

static int set_up(void **state)
{
    (void)state;
    scratch_init(&scratch);
    errno = 4321;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_release(&scratch);
    return 0;
}

static void test_errors_leave_errno(void **state)
{
    char buffer[8];

    (void)state;
    assert_int_equal(sys_open("/no such file", O_RDONLY), -ENOENT);
    assert_int_equal(sys_create("/no such directory/file"), -ENOENT);
    assert_int_equal(sys_read(-1, buffer, sizeof(buffer)), -EBADF);
    assert_int_equal(sys_duplicate(-1, 10), -EBADF);
    assert_int_equal(sys_read_link("/", buffer, sizeof(buffer)), -EINVAL);
    assert_int_equal(sys_working_directory(buffer, 1), -ERANGE);
    assert_int_equal(sys_allocate(-1, 0, 4096), -EBADF);
    assert_null(sys_map_file(-1, 0, 4096));
    assert_null(sys_map_private(0));
    assert_null(sys_map_private((size_t)1 << 60));
    assert_false(sys_file_id(-1).is_valid);
    assert_false(sys_is_executable("/no such file"));
    sys_write_all(-1, "x", 1);
    sys_close(-1);
    assert_int_equal(errno, 4321);
}

static void test_file(void **state)
{
    int fd = sys_create(scratch.path);
    struct stat status;
    struct sys_file_id id;

    (void)state;
    assert_true(fd >= 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(sys_create(scratch.path), -EEXIST);
    assert_int_equal(fstat(fd, &status), 0);
    id = sys_file_id(fd);
    assert_true(id.is_valid && id.device == status.st_dev && id.inode == status.st_ino);
    assert_int_equal(sys_allocate(fd, 0, 8192), 0);
    assert_int_equal(sys_allocate(fd, 8192, 100), 0);
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_size, 8292);
    assert_false(sys_is_executable(scratch.path));
    sys_close(fd);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void test_duplicate(void **state)
{
    int fd = sys_create(scratch.path);
    int copy = sys_duplicate(fd, 150);

    (void)state;
    assert_true(copy >= 150);
    assert_true(fcntl(copy, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(sys_file_id(copy).inode, sys_file_id(fd).inode);
    sys_close(fd);
    sys_close(copy);
}

static void test_mapping(void **state)
{
    char *page = sys_map_private(4096);

    (void)state;
    assert_non_null(page);
    for (size_t i = 0; i < 4096; i++)
        assert_int_equal(page[i], 0);
    page[0] = 1;
    sys_unmap(page, 4096);
}

static void test_is_readable(void **state)
{
    char *pages = sys_map_private(8192);
    uint64_t local = 5;

    (void)state;
    assert_true(sys_is_readable(&local));
    assert_true(sys_is_readable(pages + 4096 - 4));
    assert_int_equal(mprotect(pages + 4096, 4096, PROT_NONE), 0);
    assert_true(sys_is_readable(pages + 4096 - 8));
    assert_false(sys_is_readable(pages + 4096 - 4)); // 4 of its 8 bytes
    assert_false(sys_is_readable(pages + 4096));
    sys_unmap(pages, 8192);
    assert_false(sys_is_readable(pages));
    assert_false(sys_is_readable((void *)8));
    assert_false(sys_is_readable((void *)(UINTPTR_MAX - 4095)));
    assert_false(sys_is_readable((void *)(UINT64_C(1) << 50)));
    assert_int_equal(errno, 4321);
}

// The kernel takes NULL for "no new mask" and looks at nothing.
static void test_null_is_not_readable(void **state)
{
    (void)state;
    assert_false(sys_is_readable(NULL));
}

static void test_make_writable(void **state)
{
    char *pages = sys_map_private(8192);

    (void)state;
    assert_int_equal(mprotect(pages, 8192, PROT_READ), 0);
    sys_make_writable(pages + 4094, 4); // in both
    pages[4094] = pages[4097] = 1;
    sys_unmap(pages, 8192);
}

static void test_wipe_on_fork(void **state)
{
    volatile char *page = sys_map_private(4096);
    int status;
    pid_t child;

    (void)state;
    if (sys_wipe_on_fork((void *)page, 4096) != 0)
        skip();
    page[0] = 1;
    child = fork();
    if (child == 0)
        _exit(page[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(page[0], 1);
}

static void *note_id(void *ret_id)
{
    *(int *)ret_id = sys_thread_id();
    return NULL;
}

static void test_ids(void **state)
{
    pthread_t thread;
    int id = 0;

    (void)state;
    assert_int_equal(sys_process_id(), getpid());
    assert_int_equal(sys_parent_id(), getppid());
    assert_int_equal(sys_thread_id(), getpid());
    assert_true(sys_thread_is_alive(sys_thread_id()));
    assert_false(sys_thread_is_alive(INT_MAX));
    assert_int_equal(pthread_create(&thread, NULL, note_id, &id), 0);
    pthread_join(thread, NULL);
    assert_int_not_equal(id, getpid());
    for (int i = 0; i < 1000000 && sys_thread_is_alive(id); i++)
        sys_yield(); // join returns a moment before the kernel is done with it
    assert_false(sys_thread_is_alive(id));
}

static void test_clocks(void **state)
{
    struct timespec time;
    uint64_t before = sys_monotonic_ns(), cpu = sys_thread_cpu_ns(sys_thread_id()), between;

    (void)state;
    clock_gettime(CLOCK_MONOTONIC, &time);
    between = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
    assert_true(before <= between && between <= sys_monotonic_ns());
    assert_true(cpu > 0);
    assert_true(sys_thread_cpu_ns(sys_thread_id()) >= cpu);
    assert_true(sys_thread_cpu_ns(0) >= cpu); // the calling thread
    assert_int_equal(sys_thread_cpu_ns(INT_MAX >> 3), 0);
}

static void test_thread_name(void **state)
{
    char name[16], kept[16];

    (void)state;
    sys_thread_name(kept);
    pthread_setname_np(pthread_self(), "fifteen letters");
    sys_thread_name(name);
    pthread_setname_np(pthread_self(), kept);
    assert_string_equal(name, "fifteen letters");
}

static void *count_threads(void *before)
{
    *(unsigned *)before = sys_thread_count() - *(unsigned *)before;
    return NULL;
}

static void test_thread_count(void **state)
{
    pthread_t thread;
    unsigned count = sys_thread_count();

    (void)state;
    assert_in_range(count, 1, 2); // a sanitizer may have one of its own
    assert_int_equal(pthread_create(&thread, NULL, count_threads, &count), 0);
    pthread_join(thread, NULL);
    assert_int_equal(count, 1);
}

static void test_write_all(void **state)
{
    static char sent[1 << 20], got[1 << 20];
    struct random random = {8};
    int fd = sys_create(scratch.path);

    (void)state;
    for (size_t i = 0; i < sizeof(sent); i++)
        sent[i] = (char)random_next(&random);
    sys_write_all(fd, sent, sizeof(sent));
    assert_int_equal(pread(fd, got, sizeof(got), 0), sizeof(got));
    assert_memory_equal(sent, got, sizeof(got));
    sys_close(fd);
}

static void test_read_link(void **state)
{
    char target[8];

    (void)state;
    assert_int_equal(symlink("12345678901", scratch.path), 0);
    assert_int_equal(sys_read_link(scratch.path, target, sizeof(target)), 7);
    assert_string_equal(target, "1234567");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_errors_leave_errno),
        TEST(test_file),
        TEST(test_duplicate),
        TEST(test_mapping),
        TEST(test_is_readable),
        TEST(test_null_is_not_readable),
        TEST(test_make_writable),
        TEST(test_wipe_on_fork),
        TEST(test_ids),
        TEST(test_clocks),
        TEST(test_thread_name),
        TEST(test_thread_count),
        TEST(test_write_all),
        TEST(test_read_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
