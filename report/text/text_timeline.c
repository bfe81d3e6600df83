// SPDX-License-Identifier: MIT
//
// text_timeline.c - how the process changed while it ran: a table of equal windows of time, and a
// line of it below the peak. Of what a window saw the highest is shown, of sums the mean rate;
// where no moment was recorded a sum is taken to have grown evenly.
#include "report/model/units.h"
#include "report/text/text_report.h"

#include <inttypes.h>
#include <string.h>

#define WINDOWS_USUAL 30 // at most; at least 12, where there are as many moments
#define BAR_COLUMNS 18
#define LINE_COLUMNS 60
#define LINE_MOMENTS_MIN 8
#define ABOUT_PERCENT 2 // of the run: known less exactly than so, a time is told as two

#define MS INT64_C(1000000)
#define SECOND INT64_C(1000000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

// --- windows

static int64_t run_ns(const struct profile *profile)
{
    int64_t last_ns = profile->timeline[profile->timeline_count - 1].time_ns;
    return profile->duration_ns > last_ns ? profile->duration_ns : last_ns;
}

// The shortest round length of which at most `most` cover the run.
static int64_t window_ns(int64_t run, size_t most)
{
    static const int64_t rounds[] = {20 * SECOND, 30 * SECOND, MINUTE,      2 * MINUTE, 5 * MINUTE,
                                     10 * MINUTE, 20 * MINUTE, 30 * MINUTE, HOUR,       2 * HOUR,
                                     3 * HOUR,    6 * HOUR,    12 * HOUR,   DAY,        2 * DAY};
    int64_t least = run / (int64_t)most + (run % (int64_t)most != 0);
    for (int64_t unit = 1000; unit <= 10 * SECOND; unit *= 10)
        for (int64_t digit = 1; digit <= 5; digit += digit == 1 ? 1 : 3)
            if (digit * unit >= least && digit * unit <= 10 * SECOND)
                return digit * unit;
    for (size_t i = 0; i < sizeof(rounds) / sizeof(*rounds); i++)
        if (rounds[i] >= least)
            return rounds[i];
    return (least / (7 * DAY) + 1) * (7 * DAY);
}

// What moments between two times have in common.
struct window {
    int64_t start_ns, end_ns;
    int64_t live_bytes, rss_bytes, threads; // the highest
    bool rss_is_highest;
    double allocations, allocated_bytes, lock_wait_ns, cpu_ns; // a second
};

// A sum at a time between moments `i` and `i` + 1, by a straight line.
static double between(const struct profile *profile, size_t i, int64_t time_ns, int64_t value,
                      int64_t next_value)
{
    const struct moment *moment = &profile->timeline[i];
    if (i + 1 == profile->timeline_count || time_ns <= moment->time_ns)
        return (double)value;
    double part =
        (double)(time_ns - moment->time_ns) / (double)(moment[1].time_ns - moment->time_ns);
    return (double)value + part * (double)(next_value - value);
}

struct sums {
    double allocations, allocated_bytes, lock_wait_ns, cpu_ns;
};

static struct sums sums_at(const struct profile *profile, size_t i, int64_t time_ns)
{
    const struct moment *moment = &profile->timeline[i];
    const struct moment *next = i + 1 < profile->timeline_count ? moment + 1 : moment;
    return (struct sums){
        .allocations = between(profile, i, time_ns, moment->allocations, next->allocations),
        .allocated_bytes =
            between(profile, i, time_ns, moment->allocated_bytes, next->allocated_bytes),
        .lock_wait_ns = between(profile, i, time_ns, moment->lock_wait_ns, next->lock_wait_ns),
        .cpu_ns = between(profile, i, time_ns, moment->cpu_ns, next->cpu_ns),
    };
}

static void raise(int64_t *highest, int64_t value)
{
    if (value > *highest)
        *highest = value;
}

static void add_moment(struct window *window, const struct moment *moment)
{
    raise(&window->live_bytes, moment->live_bytes);
    raise(&window->rss_bytes, moment->rss_bytes);
    window->rss_is_highest |= moment->rss_is_highest;
    raise(&window->threads, moment->threads);
}

// The moments of a window. Where nothing happened for a while the next one is the first to tell
// what it was like: right before there may have been more than was recorded.
static void see_moments(const struct profile *profile, struct window *window, size_t *at)
{
    const struct moment *all = profile->timeline;
    size_t count = profile->timeline_count, before = *at;
    if (window->start_ns == 0)
        add_moment(window, &all[0]);
    while (*at + 1 < count && all[*at + 1].time_ns <= window->end_ns)
        add_moment(window, &all[++*at]);
    if (*at == before && window->start_ns != 0)
        add_moment(window, &all[*at + 1 < count ? *at + 1 : *at]);
}

// *at: the latest moment that is no later than the start; moves on to the end.
static void fill_window(const struct profile *profile, struct window *window, size_t *at)
{
    struct sums before = sums_at(profile, *at, window->start_ns);
    see_moments(profile, window, at);
    struct sums after = sums_at(profile, *at, window->end_ns);
    double seconds = (double)(window->end_ns - window->start_ns) / (double)SECOND;
    if (seconds <= 0)
        return;
    window->allocations = (after.allocations - before.allocations) / seconds;
    window->allocated_bytes = (after.allocated_bytes - before.allocated_bytes) / seconds;
    window->lock_wait_ns = (after.lock_wait_ns - before.lock_wait_ns) / seconds;
    window->cpu_ns = (after.cpu_ns - before.cpu_ns) / seconds;
}

// Covers the run with windows of one length. NULL without memory.
static struct window *make_windows(struct text_report *report, int64_t length_ns, size_t *ret_count)
{
    const struct profile *profile = report->profile;
    int64_t run = run_ns(profile);
    size_t count = (size_t)(run / length_ns) + (run % length_ns != 0), at = 0;
    count = count ? count : 1;
    struct window *windows = region_array(&report->region, count, sizeof(*windows));
    report->failed |= !windows;
    for (size_t i = 0; windows && i < count; i++) {
        int64_t start_ns = (int64_t)i * length_ns;
        windows[i] = (struct window){
            .start_ns = start_ns,
            .end_ns = run - start_ns < length_ns ? run : start_ns + length_ns,
            .rss_bytes = -1,
        };
        fill_window(profile, &windows[i], &at);
    }
    *ret_count = windows ? count : 0;
    return windows;
}

// --- the table

static bool has_heap(const struct profile *profile)
{
    return profile->header.heap_mode != PROFILE_HEAP_OFF;
}

// What the bars show: live bytes, else resident ones.
static int64_t bar_value(const struct profile *profile, const struct window *window)
{
    return has_heap(profile) ? window->live_bytes : window->rss_bytes;
}

static int64_t highest_bar(const struct profile *profile, const struct window *windows,
                           size_t count)
{
    int64_t highest = 0;
    for (size_t i = 0; i < count; i++)
        raise(&highest, bar_value(profile, &windows[i]));
    return highest;
}

static const char *bar(struct text_report *report, int64_t value, int64_t highest)
{
    static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int eighths = highest > 0 && value > 0
                      ? (int)((double)value / (double)highest * BAR_COLUMNS * 8 + 0.5)
                      : 0;
    const char *text = "";
    for (int i = 0; i < eighths / 8; i++)
        text = text_format(report, "%s█", text);
    return text_format(report, "%s%s", text, parts[eighths % 8]);
}

static int decimals(int64_t step_ns)
{
    int digits = 0;
    for (int64_t unit = SECOND; unit > step_ns || step_ns % unit; unit /= 10)
        digits++;
    return digits;
}

// To the precision of `step_ns`, which is round.
static const char *time_words(struct text_report *report, int64_t time_ns, int64_t step_ns,
                              int64_t run)
{
    if (run < MS)
        return text_format(report, "%" PRId64 " µs", time_ns / 1000);
    if (run < SECOND)
        return step_ns < MS ? text_format(report, "%.1f ms", (double)time_ns / (double)MS)
                            : text_format(report, "%" PRId64 " ms", time_ns / MS);
    if (run < 100 * SECOND)
        return text_format(report, "%.*f s", decimals(step_ns), (double)time_ns / (double)SECOND);
    if (run < HOUR)
        return text_format(report, "%" PRId64 ":%02d", time_ns / MINUTE,
                           (int)(time_ns % MINUTE / SECOND));
    int hours = (int)(time_ns % DAY / HOUR), minutes = (int)(time_ns % HOUR / MINUTE);
    if (run < DAY)
        return text_format(report, "%d:%02d:%02d", hours, minutes,
                           (int)(time_ns % MINUTE / SECOND));
    return text_format(report, "%" PRId64 "d %02d:%02d", time_ns / DAY, hours, minutes);
}

static int64_t whole(double value)
{
    return value < 0x1p62 ? (int64_t)(value + 0.5) : INT64_MAX;
}

static const char *bytes_cell(struct text_report *report, const char *about, int64_t bytes)
{
    return bytes < 0 ? "-" : text_format(report, "%s%s", about, unit_bytes(bytes).text);
}

// 9,999, 33.8M
static const char *rate_cell(struct text_report *report, double rate)
{
    static const char units[] = "kMGTPE";
    size_t unit = 0;
    if (whole(rate) < 10000)
        return text_format(report, "%s%s", report->about, unit_count(whole(rate)).text);
    for (rate /= 1000; rate >= 999.5 && units[unit + 1]; unit++)
        rate /= 1000;
    return text_format(report, "%s%.*f%c", report->about, rate < 99.95 ? 1 : 0, rate, units[unit]);
}

// Of one processor.
static const char *cpu_cell(struct text_report *report, double cpu_ns)
{
    int64_t percent = whole(cpu_ns / ((double)SECOND / 100));
    return percent > 99999 ? ">99999%" : text_format(report, "%" PRId64 "%%", percent);
}

static const char *wait_cell(struct text_report *report, double wait_ns)
{
    int64_t ns = whole(wait_ns);
    return ns == 0 ? "-" : text_format(report, "%s", unit_ns(ns).text);
}

// Titles and cells by the same conditions.
static size_t fill_cells(struct text_report *report, const struct window *window,
                         const char **cells)
{
    const struct profile *profile = report->profile;
    const struct moment *last = &profile->timeline[profile->timeline_count - 1];
    size_t count = 0;
    if (has_heap(profile))
        cells[count++] = window ? bytes_cell(report, report->about, window->live_bytes) : "live";
    cells[count++] = window
                         ? bytes_cell(report, window->rss_is_highest ? "≤" : "", window->rss_bytes)
                         : "resident";
    cells[count++] =
        window ? text_format(report, "%s", unit_count(window->threads).text) : "threads";
    if (has_heap(profile)) {
        cells[count++] = window ? rate_cell(report, window->allocations) : "allocs/s";
        cells[count++] =
            window ? bytes_cell(report, report->about, whole(window->allocated_bytes)) : "bytes/s";
    }
    if (last->lock_wait_ns)
        cells[count++] = window ? wait_cell(report, window->lock_wait_ns) : "waited/s";
    if (last->cpu_ns >= 0)
        cells[count++] = window ? cpu_cell(report, window->cpu_ns) : "CPU";
    return count;
}

static void put_windows(struct text_report *report, const struct window *windows, size_t count,
                        int64_t step_ns)
{
    const struct profile *profile = report->profile;
    const char *titles[TEXT_TABLE_CELLS] = {0};
    struct text_table table = {
        .region = &report->region,
        .heading = "TIMELINE",
        .subject = has_heap(profile) ? "live bytes" : "resident bytes",
        .titles = titles,
        .number_count = fill_cells(report, NULL, titles),
    };
    int64_t highest = highest_bar(profile, windows, count), run = run_ns(profile);
    for (size_t i = 0; i < count; i++) {
        struct text_row *row = text_table_row(&table);
        report->failed |= !row;
        if (!row)
            return;
        row->cells[0] = time_words(report, windows[i].start_ns, step_ns, run);
        row->cells[1] = bar(report, bar_value(profile, &windows[i]), highest);
        fill_cells(report, &windows[i], &row->cells[TEXT_TABLE_NAMES]);
    }
    text_table_print(&table, report->out, report->bold, report->plain);
}

// How much the rows rest on.
static void put_basis(struct text_report *report)
{
    const struct profile *profile = report->profile;
    size_t count = profile->timeline_count;
    int64_t span_ns = profile->timeline[count - 1].time_ns - profile->timeline[0].time_ns;
    const char *text =
        text_format(report, "%s moment%s", unit_count((int64_t)count).text, count == 1 ? "" : "s");
    if (count > 1)
        text = text_format(report, "%s, %s apart on average", text,
                           unit_ns(span_ns / (int64_t)(count - 1)).text);
    text = text_format(report, "%s; a row is the time until the next, its highest, its mean rates",
                       text);
    if (has_heap(profile) && profile->header.peak_slack_bytes)
        text = text_format(report, "%s; live bytes to within %s", text,
                           unit_bytes((int64_t)profile->header.peak_slack_bytes).text);
    fputs("  ", report->out);
    text_wrap(text, 2, report->out);
}

static size_t windows_most(const struct text_report *report)
{
    size_t count = report->profile->timeline_count, most = WINDOWS_USUAL;
    if (report->options->rows != ROWS_DEFAULT)
        most = report->options->rows == 0 ? count : (size_t)report->options->rows;
    if (most > count - 1) // between two moments nothing is known
        most = count - 1;
    return most ? most : 1;
}

static const char *silence_words(const struct profile *profile)
{
    if (profile_is_merged(profile))
        return " of several profiles together";
    return profile->header.version < 5 ? " by the gaiaprof that wrote this profile"
                                       : " (GAIAPROF_TIMELINE=on)";
}

void text_put_timeline(struct text_report *report)
{
    const struct profile *profile = report->profile;
    if (profile->timeline_count == 0) {
        fprintf(report->out, "\n%sTIMELINE%s\n  not recorded%s\n", report->bold, report->plain,
                silence_words(profile));
        return;
    }
    size_t count;
    int64_t step_ns = window_ns(run_ns(profile), windows_most(report));
    const struct window *windows = make_windows(report, step_ns, &count);
    if (!windows)
        return;
    fputc('\n', report->out);
    put_windows(report, windows, count, step_ns);
    put_basis(report);
}

// --- beside the peak

const char *text_peak_time(struct text_report *report)
{
    const struct profile *profile = report->profile;
    if (profile->timeline_count == 0 || profile->peak_after_ns < 0)
        return NULL;
    struct unit_text after = unit_ns(profile->peak_after_ns);
    if (profile->peak_until_ns < 0)
        return text_format(report, "after %s", after.text);
    struct unit_text until = unit_ns(profile->peak_until_ns);
    if (strcmp(after.text, until.text) == 0)
        return text_format(report, "at %s", until.text);
    int64_t open_ns = profile->peak_until_ns - profile->peak_after_ns;
    if (open_ns <= run_ns(profile) / 100 * ABOUT_PERCENT)
        return text_format(report, "at about %s", until.text);
    return text_format(report, "between %s and %s", after.text, until.text);
}

void text_put_live_line(struct text_report *report)
{
    static const char *const levels[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const struct profile *profile = report->profile;
    size_t most = profile->timeline_count < LINE_COLUMNS ? profile->timeline_count : LINE_COLUMNS;
    size_t count;
    if (profile->timeline_count < LINE_MOMENTS_MIN || run_ns(profile) < (int64_t)most)
        return;
    int64_t length_ns = run_ns(profile) / (int64_t)most + 1;
    const struct window *windows = make_windows(report, length_ns, &count);
    int64_t highest = windows ? highest_bar(profile, windows, count) : 0;
    if (highest <= 0)
        return;
    const char *text = "";
    for (size_t i = 0; i < count; i++) {
        int level = (int)((double)windows[i].live_bytes / (double)highest * 7 + 0.5);
        text = text_format(report, "%s%s", text, levels[level]);
    }
    fprintf(report->out, "  live over the run  %s  %s\n", text, unit_ns(run_ns(profile)).text);
}
