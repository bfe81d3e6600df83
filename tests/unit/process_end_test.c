// SPDX-License-Identifier: MIT
//
// process_end_test.c - how a process ended is believed where its profile says when, which it writes
// last: before that it may still have been killed.
#include "report/commands/run_aftermath.h"
#include "tests/unit/profile_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void build(enum profile_exit_kind kind, uint64_t end_ns)
{
    built.header.exit_kind = kind;
    built.header.end_ns = end_ns;
    profile_builder_finish(&built);
}

static enum profile_state state_of(bool running)
{
    const char *why = "";
    struct profile_source source = {.path = "test.gaia",
                                    .bytes = built.bytes,
                                    .length_bytes = built.length_bytes,
                                    .running = running};
    assert_int_equal(profile_load(&profile, &source, &why), 0);
    return profile.state;
}

static void test_ended(void **state)
{
    (void)state;
    build(PROFILE_EXIT_EXITED, 3310000000);
    assert_int_equal(state_of(false), STATE_EXITED);
    assert_int_equal(profile.duration_ns, 2310000000);
}

static void test_killed_while_ending(void **state)
{
    (void)state;
    build(PROFILE_EXIT_EXITED, 0);
    assert_int_equal(state_of(false), STATE_KILLED);
    assert_int_equal(profile.duration_ns, -1);
}

static void test_killed_before_exec(void **state)
{
    (void)state;
    build(PROFILE_EXIT_EXECED, 0);
    assert_int_equal(state_of(false), STATE_KILLED);
}

static void test_still_ending(void **state)
{
    (void)state;
    build(PROFILE_EXIT_EXITED, 0);
    assert_int_equal(state_of(true), STATE_RUNNING);
}

// --- what `gaiaprof run` writes for a process that could not

static char directory[] = "/tmp/process_end.XXXXXX";

static int enter_directory(void **state)
{
    strcpy(strrchr(directory, '.'), ".XXXXXX");
    return mkdtemp(directory) && chdir(directory) == 0 ? set_up(state) : -1;
}

static int leave_directory(void **state)
{
    unlink("demo.gaia");
    return chdir("/") == 0 && rmdir(directory) == 0 ? tear_down(state) : -1;
}

static void write_profile(void)
{
    int fd = open("demo.gaia", O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_int_equal(write(fd, built.bytes, built.length_bytes), built.length_bytes);
    close(fd);
}

static struct profile_header read_header(void)
{
    struct profile_header header;
    int fd = open("demo.gaia", O_RDONLY);
    assert_int_equal(read(fd, &header, sizeof(header)), sizeof(header));
    close(fd);
    return header;
}

// Whether `gaiaprof run` would report on it, as the process did not.
static bool left_by_sigkill(void)
{
    struct left_search wanted = {.output = "demo.gaia", .pid = 4711, .wait_status = SIGKILL};
    struct left_profiles left;
    write_profile();
    assert_int_equal(left_profiles_find(&left, &wanted), 0);
    assert_int_equal(left.count, 1);
    bool is_reported = left.profiles[0].reported;
    left_profiles_release(&left);
    return !is_reported;
}

static void test_run_says_who_was_killed_while_ending(void **state)
{
    (void)state;
    build(PROFILE_EXIT_EXITED, 0);
    assert_true(left_by_sigkill());
    struct profile_header header = read_header();
    assert_int_equal(header.exit_kind, PROFILE_EXIT_SIGNALED);
    assert_int_equal(header.exit_status, SIGKILL);
    assert_true(header.end_ns > 0);
}

static void test_run_leaves_the_end_that_is_known(void **state)
{
    (void)state;
    build(PROFILE_EXIT_EXITED, 3310000000);
    assert_false(left_by_sigkill());
    struct profile_header header = read_header();
    assert_int_equal(header.exit_kind, PROFILE_EXIT_EXITED);
    assert_int_equal(header.end_ns, 3310000000);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
#define TEST_OF_FILES(function)                                                                    \
    cmocka_unit_test_setup_teardown(function, enter_directory, leave_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ended),
        TEST(test_killed_while_ending),
        TEST(test_killed_before_exec),
        TEST(test_still_ending),
        TEST_OF_FILES(test_run_says_who_was_killed_while_ending),
        TEST_OF_FILES(test_run_leaves_the_end_that_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
