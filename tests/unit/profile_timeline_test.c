// SPDX-License-Identifier: MIT
//
// profile_timeline_test.c - what the reader makes of moments, and how they are shown: in any order,
// torn, of other versions, and of a profile that lies.
#include "report/model/units.h"
#include "report/text/text_table.h"
#include "tests/unit/profile_fixture.h"

#include <stdlib.h>
#include <string.h>

#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)

static int set_up_timeline(void **state)
{
    set_up(state);
    profile_builder_fill_demo(&built);
    built.header.timeline_on = 1;
    return 0;
}

static void add(uint64_t after_ns, uint64_t live_bytes, uint64_t allocations)
{
    builder_moment(&built, &(struct profile_moment){
                               .time_ns = built.header.start_ns + after_ns,
                               .live_bytes = live_bytes,
                               .live_blocks = live_bytes / 100,
                               .rss_kib = 4096,
                               .threads = 3,
                               .allocations = allocations,
                               .allocated_bytes = allocations * 100,
                               .lock_wait_ns = after_ns / 2,
                               .cpu_ns = after_ns + 1,
                           });
}

// 2.31 s as the demo ran, in an order that a writer may leave.
static void add_triangle(void)
{
    for (uint64_t i = 0; i <= 21; i++) {
        uint64_t turn = i * 5 % 22;

        add(turn * 110 * MS, (turn < 11 ? turn : 22 - turn) << 20, turn * 1000);
    }
}

static void test_sorted(void **state)
{
    (void)state;
    add_triangle();
    load_built(&profile, &built);
    assert_int_equal(profile.timeline_count, 22);
    for (size_t i = 0; i < 22; i++) {
        const struct moment *moment = &profile.timeline[i];

        assert_int_equal(moment->time_ns, i * 110 * MS);
        assert_int_equal(moment->live_bytes, (i < 11 ? i : 22 - i) << 20);
        assert_int_equal(moment->rss_bytes, 4 << 20);
        assert_int_equal(moment->threads, 3);
        assert_int_equal(moment->allocations, i * 1000);
        assert_int_equal(moment->lock_wait_ns, i * 55 * MS);
        assert_int_equal(moment->cpu_ns, i * 110 * MS + 1);
    }
    profile_release(&profile);
}

static void test_absent(void **state)
{
    (void)state;
    built.header.version = 4;
    built.header.timeline_on = 0;
    load_built(&profile, &built);
    assert_int_equal(profile.timeline_count, 0);
    assert_int_equal(profile.peak_after_ns, -1);
    assert_int_equal(profile.peak_until_ns, -1);
    char *json = rendered(&profile, "json", "all"), *text = rendered(&profile, "text", "timeline");
    assert_null(strstr(json, "live_bytes\": 1, \"threads"));
    assert_null(strstr(json, "peak_after_ns"));
    assert_non_null(strstr(text, "not recorded by the gaiaprof that wrote this profile"));
    free(json);
    free(text);
    profile_release(&profile);
}

static void check_peak(uint64_t after_ms, uint64_t until_ms, const char *words)
{
    built.header.timed_peak_after_ns = built.header.start_ns + after_ms * MS;
    built.header.timed_peak_until_ns = built.header.start_ns + until_ms * MS;
    load_built(&profile, &built);
    char *text = rendered(&profile, "text", "peak");
    if (!strstr(text, words))
        fail_msg("not '%s' in:\n%s", words, text);
    free(text);
    profile_release(&profile);
}

static void test_time_of_the_peak(void **state)
{
    (void)state;
    add_triangle();
    built.header.timed_peak_bytes = built.header.peak_bytes > built.header.live_bytes
                                        ? built.header.peak_bytes
                                        : built.header.live_bytes;
    check_peak(1203, 1204, "PEAK  at 1.20 s, by bytes");
    check_peak(1180, 1220, "PEAK  at about 1.22 s, by bytes");
    check_peak(500, 1900, "PEAK  between 500 ms and 1.90 s, by bytes");
    check_peak(1900, 500, "PEAK  by bytes"); // no writer makes these
    check_peak(1900, 500000, "PEAK  by bytes");
    built.header.timed_peak_bytes--; // it grew after the last moment
    check_peak(500, 1900, "PEAK  after 2.31 s, by bytes");
}

// Sums that fall, as a wait taken back makes them, or a lie.
static void test_sums_rise(void **state)
{
    (void)state;
    add(0, 100, 50);
    add(1 * SECOND, 100, 20);
    add(2 * SECOND, 100, 70);
    load_built(&profile, &built);
    assert_int_equal(profile.timeline[1].allocations, 50);
    assert_int_equal(profile.timeline[1].allocated_bytes, 5000);
    assert_int_equal(profile.timeline[2].allocations, 70);
    profile_release(&profile);
}

static void test_sampled_counts(void **state)
{
    (void)state;
    profile_builder_release(&built);
    profile_builder_init(&built);
    profile_builder_fill_sampled(&built);
    add(SECOND, 5000, 12 * PROFILE_SAMPLED_UNIT + 1);
    load_built(&profile, &built);
    assert_int_equal(profile.timeline[0].allocations, 12);
    char *text = rendered(&profile, "text", "timeline");
    assert_non_null(strstr(text, "~4.9 KiB"));
    free(text);
    profile_release(&profile);
}

static void check_columns(const char *text)
{
    char *copy = strdup(text), *rest = copy;
    for (const char *line; (line = strsep(&rest, "\n"));)
        if (text_columns(line) > TEXT_COLUMNS)
            fail_msg("%zu columns: %s", text_columns(line), line);
    free(copy);
}

static void show_everything(void)
{
    static const char *const names[] = {"timeline", "all", "peak"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char *text = rendered(&profile, "text", names[i]);
        check_columns(text);
        free(text);
        free(rendered(&profile, "json", names[i]));
    }
}

// Runs of every length, from nothing to centuries.
static void test_every_length(void **state)
{
    (void)state;
    for (int bit = 0; bit < 63; bit++) {
        tear_down(NULL);
        set_up_timeline(NULL);
        built.header.end_ns = built.header.start_ns + (UINT64_C(1) << bit);
        for (uint64_t i = 0; i <= 40; i++)
            add((UINT64_C(1) << bit) / 41 * i, i * i << 30, i << bit / 2);
        load_built(&profile, &built);
        show_everything();
        profile_release(&profile);
    }
}

// More moments than there may be, the largest numbers, times before the start.
static void test_absurd_numbers(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 3000; i++)
        add(i * MS, i % 3 ? UINT64_MAX : INT64_MAX, i % 5 ? UINT64_MAX - i : i);
    load_built(&profile, &built);
    assert_int_equal(profile.timeline_count, PROFILE_MOMENTS_MAX);
    show_everything();
    profile_release(&profile);
    tear_down(NULL);
    set_up_timeline(NULL);
    for (uint64_t i = 0; i < 20; i++)
        builder_moment(&built, &(struct profile_moment){
                                   .time_ns = i % 2 ? i : UINT64_MAX - i,
                                   .rss_kib = UINT32_MAX,
                                   .threads = UINT32_MAX,
                                   .allocations = UINT64_MAX / (i + 1),
                                   .allocated_bytes = INT64_MAX,
                                   .lock_wait_ns = UINT64_MAX / (i + 1),
                                   .cpu_ns = UINT64_MAX / (i + 1),
                               });
    load_built(&profile, &built);
    for (size_t i = 0; i < profile.timeline_count; i++) {
        const struct moment *moment = &profile.timeline[i];

        assert_true(moment->time_ns >= 0 && moment->allocations >= 0 && moment->cpu_ns >= 0);
    }
    show_everything();
    profile_release(&profile);
}

static void test_random_bytes(void **state)
{
    uint64_t seed = 4711;

    (void)state;
    add_triangle();
    profile_builder_finish(&built);
    size_t from = built.length_bytes - 64 - 22 * sizeof(struct profile_moment) - 3 * 64;
    for (int round = 0; round < 2000; round++) {
        const char *why;
        unsigned char *bytes = malloc(built.length_bytes);

        memcpy(bytes, built.bytes, built.length_bytes);
        for (int i = 0; i < 8; i++) {
            size_t place = i == 0 ? 376 + next_random(&seed) % 28
                                  : from + next_random(&seed) % (built.length_bytes - from);
            bytes[place] = (unsigned char)next_random(&seed);
        }
        if (load_bytes(&profile, bytes, built.length_bytes, &why) == 0) {
            show_everything();
            profile_release(&profile);
        }
        free(bytes);
    }
}

static void test_rows(void **state)
{
    (void)state;
    add_triangle();
    load_built(&profile, &built);
    char *text = rendered(&profile, "text", "timeline");
    // 2.31 s in rows of 0.2 s (of 21 at most); the triangle's top is at 1.21 s
    assert_non_null(strstr(text, "\n  0.0 s  "));
    assert_non_null(strstr(text, "\n  2.2 s  "));
    assert_non_null(strstr(text, "\n  1.2 s  ██████████████████  11.0 MiB   4.0 MiB        3"));
    assert_non_null(strstr(text, "9,091  888 KiB    500 ms  100%\n"));
    free(text);
    profile_release(&profile);
}

#define report_test(test) cmocka_unit_test_setup_teardown(test, set_up_timeline, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        report_test(test_sorted),       report_test(test_absent),
        report_test(test_rows),         report_test(test_time_of_the_peak),
        report_test(test_sums_rise),    report_test(test_sampled_counts),
        report_test(test_every_length), report_test(test_absurd_numbers),
        report_test(test_random_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
