// SPDX-License-Identifier: MIT
//
// preload_timeline_test.c - which moments preload/timeline.c takes and keeps, with a clock that the
// test moves: milliseconds to weeks. A moment's figures are made to depend on its time alone, so
// that a reader can tell a whole one.
#include "preload/options.h"
#include "preload/profile_writer.h"
#include "preload/sys.h"
#include "preload/thread_table.h"
#include "preload/timeline.h"
#include "tests/unit/preload_support.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)
#define HOUR (3600 * SECOND)
#define START (50 * SECOND)

static uint64_t now_ns;

uint64_t __wrap_sys_monotonic_ns(void);
uint64_t __wrap_sys_monotonic_ns(void)
{
    return atomic_get(&now_ns);
}

uint64_t __wrap_sys_coarse_ns(void);
uint64_t __wrap_sys_coarse_ns(void)
{
    return atomic_get(&now_ns) / (4 * MS) * (4 * MS);
}

static int set_up(void **state)
{
    preload_profile_open(state);
    timeline_reset();
    sys_filters = 0;
    now_ns = START;
    profile_header->pid = (uint32_t)getpid();
    profile_header->start_ns = START;
    return 0;
}

static int tear_down(void **state)
{
    timeline_reset();
    return preload_profile_close(state);
}

static uint64_t live_bytes_at(uint64_t time_ns)
{
    return time_ns / 1000 * 7 + 1;
}

static void look_at(uint64_t time_ns)
{
    atomic_set(&now_ns, time_ns);
    atomic_set(&profile_header->live_bytes, live_bytes_at(time_ns));
    timeline_look(time_ns);
}

static struct profile_moment moments[PROFILE_MOMENTS_MAX];
static size_t moment_count;

static int compare(const void *left, const void *right)
{
    uint64_t a = ((const struct profile_moment *)left)->time_ns;
    uint64_t b = ((const struct profile_moment *)right)->time_ns;

    return (a > b) - (a < b);
}

// Of the file, by time.
static void read_moments(void)
{
    const struct profile_chunk *chunk = NULL;
    struct profile_copy copy;

    moment_count = 0;
    profile_copy_load(&copy, preload_scratch.path);
    while ((chunk = profile_copy_next(&copy, chunk, PROFILE_CHUNK_TIMELINE)))
        for (size_t i = 0; i < profile_chunk_records(chunk); i++) {
            const struct profile_moment *moment = profile_chunk_record(chunk, i);

            if (moment->time_ns) {
                assert_true(moment_count < PROFILE_MOMENTS_MAX);
                moments[moment_count++] = *moment;
            }
        }
    profile_copy_release(&copy);
    qsort(moments, moment_count, sizeof(moments[0]), compare);
}

static uint64_t largest_gap_ns(void)
{
    uint64_t largest = 0;

    for (size_t i = 1; i < moment_count; i++)
        if (moments[i].time_ns - moments[i - 1].time_ns > largest)
            largest = moments[i].time_ns - moments[i - 1].time_ns;
    return largest;
}

static uint64_t smallest_gap_ns(void)
{
    uint64_t smallest = UINT64_MAX;

    for (size_t i = 1; i < moment_count; i++)
        if (moments[i].time_ns - moments[i - 1].time_ns < smallest)
            smallest = moments[i].time_ns - moments[i - 1].time_ns;
    return smallest;
}

static void test_first_moment_is_the_start(void **state)
{
    (void)state;
    timeline_start();
    read_moments();
    assert_int_equal(moment_count, 1);
    assert_int_equal(moments[0].time_ns, START);
    assert_int_equal(moments[0].threads, 1);
    assert_true(moments[0].rss_kib > 0);
    assert_true(moments[0].cpu_ns > 0);
    assert_int_equal(timeline_due_ns, START + MS);
}

static void test_none_before_it_is_due(void **state)
{
    (void)state;
    timeline_start();
    look_at(START + MS - 1);
    read_moments();
    assert_int_equal(moment_count, 1);
    look_at(START + MS);
    look_at(START + MS + 1);
    read_moments();
    assert_int_equal(moment_count, 2);
    assert_int_equal(moments[1].time_ns, START + MS);
    assert_int_equal(moments[1].live_bytes, live_bytes_at(START + MS));
}

static void test_off(void **state)
{
    (void)state;
    options.timeline = 0;
    timeline_start();
    look_at(START + HOUR);
    timeline_end();
    timeline_resume();
    look_at(START + 2 * HOUR);
    read_moments();
    assert_int_equal(moment_count, 0);
}

// Twice as far apart each time that there are too many.
static void test_doubles(void **state)
{
    uint64_t step_ns = MS;

    (void)state;
    timeline_start();
    for (uint64_t i = 1; i < 64000; i++) {
        look_at(START + i * MS);
        if (i == 1000 || i == 2000 || i == 4000 || i == 8000 || i == 16000 || i == 32000) {
            step_ns *= 2;
            read_moments();
            assert_int_equal(moment_count, 501);
            assert_int_equal(smallest_gap_ns(), step_ns);
            assert_int_equal(largest_gap_ns(), step_ns);
        }
    }
    read_moments();
    assert_int_equal(moment_count, 1000);
    assert_int_equal(moments[0].time_ns, START);
    for (size_t i = 0; i < moment_count; i++)
        assert_true(i == 0 || moments[i].live_bytes == live_bytes_at(moments[i].time_ns));
}

// Whatever the events: never too many, the first stays, and the run is covered evenly.
static void test_a_week(void **state)
{
    struct random random = {.state = 4711};
    uint64_t time_ns = START;

    (void)state;
    timeline_start();
    while (time_ns < START + 7 * 24 * HOUR) {
        time_ns += 1 + random_below(&random, 2000) * MS;
        look_at(time_ns);
    }
    read_moments();
    assert_in_range(moment_count, 500, 1000);
    assert_int_equal(moments[0].time_ns, START);
    assert_true(largest_gap_ns() <= 7 * 24 * HOUR / 400);
    assert_true(smallest_gap_ns() >= 7 * 24 * HOUR / 1100);
}

// A moment a second is rarer than they may be: still none of the run is thinner than the rest.
static void test_rare_events(void **state)
{
    (void)state;
    timeline_start();
    for (uint64_t i = 1; i <= 20000; i++)
        look_at(START + i * SECOND);
    read_moments();
    assert_in_range(moment_count, 500, 1000);
    assert_true(largest_gap_ns() <= 2 * smallest_gap_ns());
}

static void test_burst_then_nearly_nothing(void **state)
{
    (void)state;
    timeline_start();
    for (uint64_t i = 1; i <= 900; i++)
        look_at(START + i * MS);
    for (uint64_t i = 1; i <= 300; i++)
        look_at(START + i * HOUR);
    read_moments();
    assert_in_range(moment_count, 290, 1000); // all the hours are there
    assert_int_equal(moments[moment_count - 1].time_ns, START + 300 * HOUR);
}

static void test_end_is_a_moment(void **state)
{
    (void)state;
    timeline_start();
    now_ns = START + 10; // not due
    timeline_end();
    read_moments();
    assert_int_equal(moment_count, 2);
    assert_int_equal(moments[1].time_ns, START + 10);
    look_at(START + HOUR);
    read_moments();
    assert_int_equal(moment_count, 2);
    timeline_resume(); // the exec failed
    look_at(START + 2 * HOUR);
    read_moments();
    assert_int_equal(moment_count, 3);
}

static void test_end_of_a_full_one(void **state)
{
    (void)state;
    timeline_start();
    for (uint64_t i = 1; i < PROFILE_MOMENTS_MAX; i++)
        look_at(START + i * MS);
    read_moments();
    assert_int_equal(moment_count, PROFILE_MOMENTS_MAX);
    now_ns = START + SECOND - 1;
    timeline_end();
    read_moments();
    assert_int_equal(moment_count, 501);
    assert_int_equal(moments[500].time_ns, START + SECOND - 1);
}

// A thread that is held in the middle of a moment when the process ends.
static void test_end_while_one_is_being_taken(void **state)
{
    (void)state;
    timeline_start();
    timeline_due_ns = UINT64_MAX;
    now_ns = START + SECOND;
    timeline_end();
    read_moments();
    assert_int_equal(moment_count, 2);
    assert_int_equal(moments[1].time_ns, START + SECOND);
}

static void look_together(unsigned thread)
{
    (void)thread;
    for (uint64_t i = 0; i < 20000; i++)
        timeline_look(atomic_get(&now_ns) + i % 2);
}

static void test_one_thread_takes_it(void **state)
{
    (void)state;
    timeline_start();
    for (uint64_t i = 1; i <= 20; i++) {
        atomic_set(&now_ns, START + i * MS);
        run_threads(look_together);
        read_moments();
        assert_int_equal(moment_count, i + 1);
    }
}

static void test_peak_is_between_two_moments(void **state)
{
    (void)state;
    timeline_start();
    for (uint64_t i = 1; i <= 5; i++) {
        now_ns = START + i * MS;
        profile_header->live_bytes = 100 * (i < 3 ? i : 3 - (i - 3));
        profile_header->peak_bytes = i == 4 ? 305 : profile_header->peak_bytes;
        timeline_look(now_ns);
    }
    // 300 were seen at 3 ms; that it had been 305 for a moment, at the next one
    assert_int_equal(profile_header->timed_peak_bytes, 305);
    assert_int_equal(profile_header->timed_peak_after_ns, START + 3 * MS);
    assert_int_equal(profile_header->timed_peak_until_ns, START + 4 * MS);
}

// No call that a filter could refuse: no resident memory, no CPU time, no second chunk.
static void test_filtered(void **state)
{
    (void)state;
    timeline_start();
    sys_filters = 1;
    for (uint64_t i = 1; i < 500; i++)
        look_at(START + i * MS);
    read_moments();
    assert_in_range(moment_count, 25, 50);
    for (size_t i = 1; i < moment_count; i++) {
        assert_int_equal(moments[i].rss_kib, 0);
        assert_int_equal(moments[i].cpu_ns, 0);
        assert_int_equal(moments[i].live_bytes, live_bytes_at(moments[i].time_ns));
    }
}

static void test_another_process_takes_none(void **state)
{
    (void)state;
    timeline_start();
    profile_header->pid++; // a child made by vfork
    look_at(START + HOUR);
    read_moments();
    assert_int_equal(moment_count, 1);
}

static void test_a_child_has_its_own(void **state)
{
    (void)state;
    timeline_start();
    look_at(START + SECOND);
    timeline_reset();
    look_at(START + HOUR);
    read_moments();
    assert_int_equal(moment_count, 2);
    assert_int_equal(timeline_due_ns, UINT64_MAX);
}

static void test_leaves_no_trace(void **state)
{
    int free_fd = lowest_free_fd();
    sigset_t before, after;

    (void)state;
    sigemptyset(&before);
    sigaddset(&before, SIGUSR1);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = EXDEV;
    timeline_start();
    look_at(START + SECOND);
    timeline_end();
    assert_int_equal(errno, EXDEV);
    assert_int_equal(lowest_free_fd(), free_fd);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_true(sigismember(&after, SIGUSR1));
    assert_false(sigismember(&after, SIGUSR2));
}

// --- a reader meanwhile

static bool is_writer_done;

static void *write_many(void *unused)
{
    (void)unused;
    for (uint64_t i = 1; i <= 100000; i++)
        look_at(START + i * MS);
    atomic_publish(&is_writer_done, true);
    return NULL;
}

// Word by word, as a copy from a mapped file is made.
static struct profile_moment copy_moment(const struct profile_moment *moment)
{
    uint64_t words[sizeof(*moment) / sizeof(uint64_t)];
    struct profile_moment copy;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        words[i] = atomic_get((const uint64_t *)moment + i);
    memcpy(&copy, words, sizeof(copy));
    return copy;
}

// Whole ones of a mapped file that is being written. As the reader of report/ does it.
static size_t count_whole(const struct profile_chunk *chunk, size_t *ret_torn)
{
    size_t whole = 0;

    for (size_t i = 0; i < profile_chunk_records(chunk); i++) {
        const struct profile_moment *moment = profile_chunk_record(chunk, i);
        struct profile_moment copy;
        uint64_t time_ns = atomic_get_acquire(&moment->time_ns);

        copy = copy_moment(moment);
        if (!time_ns || copy.time_ns != time_ns || atomic_get_acquire(&moment->time_ns) != time_ns)
            continue;
        whole++;
        *ret_torn += time_ns != START && copy.live_bytes != live_bytes_at(time_ns);
    }
    return whole;
}

static void test_read_while_it_is_written(void **state)
{
    const struct profile_header *header = profile_header;
    size_t fewest = SIZE_MAX, torn = 0;
    pthread_t writer;

    (void)state;
    timeline_start();
    for (uint64_t i = 1; i < 600; i++) // some to begin with
        look_at(START + i);
    assert_int_equal(pthread_create(&writer, NULL, write_many, NULL), 0);
    while (!atomic_get_acquire(&is_writer_done)) {
        size_t whole = 0;
        uint64_t used_bytes = atomic_get_acquire(&header->used_bytes);

        for (uint64_t at = PROFILE_HEADER_BYTES; at < used_bytes;) {
            const struct profile_chunk *chunk = (const void *)((const char *)header + at);

            whole += chunk->type == PROFILE_CHUNK_TIMELINE ? count_whole(chunk, &torn) : 0;
            at += chunk->length_bytes;
        }
        if (used_bytes > PROFILE_HEADER_BYTES + 1000 * sizeof(struct profile_moment) &&
            whole < fewest)
            fewest = whole;
    }
    pthread_join(writer, NULL);
    assert_int_equal(torn, 0);
    assert_true(fewest >= 480); // but for those that are on their way
}

#define timeline_unit_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        timeline_unit_test(test_first_moment_is_the_start),
        timeline_unit_test(test_none_before_it_is_due),
        timeline_unit_test(test_off),
        timeline_unit_test(test_doubles),
        timeline_unit_test(test_a_week),
        timeline_unit_test(test_rare_events),
        timeline_unit_test(test_burst_then_nearly_nothing),
        timeline_unit_test(test_end_is_a_moment),
        timeline_unit_test(test_end_of_a_full_one),
        timeline_unit_test(test_end_while_one_is_being_taken),
        timeline_unit_test(test_one_thread_takes_it),
        timeline_unit_test(test_peak_is_between_two_moments),
        timeline_unit_test(test_filtered),
        timeline_unit_test(test_another_process_takes_none),
        timeline_unit_test(test_a_child_has_its_own),
        timeline_unit_test(test_leaves_no_trace),
        timeline_unit_test(test_read_while_it_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
