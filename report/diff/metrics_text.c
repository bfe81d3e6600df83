// SPDX-License-Identifier: MIT
//
// metrics_text.c - the totals of one run against those of another, and the statistics of several.
// The latter look as benchstat's: values of four digits, a table for each unit, notes below.
#include "report/diff/diff_text.h"
#include "report/diff/statistics.h"
#include "report/model/units.h"
#include "report/text/text_table.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NOTES_MAX 8

struct metrics_text {
    struct metrics *metrics;
    const struct diff_request *request;
    FILE *out;
    const char *notes[NOTES_MAX]; // numbered from 1
    size_t note_count;
};

static const char *format(struct metrics *metrics, const char *text, ...)
    __attribute__((format(printf, 2, 3)));
static const char *format(struct metrics *metrics, const char *text, ...)
{
    va_list arguments;
    va_start(arguments, text);
    const char *result = region_vprintf(&metrics->region, text, arguments);
    va_end(arguments);
    metrics->failed |= !result;
    return result ? result : "";
}

// --- one against one

static const char *total_text(struct metrics *metrics, enum metric_unit unit, double value,
                              bool is_estimate)
{
    int64_t size = (int64_t)fabs(value);
    struct unit_text text = unit == METRIC_BYTES ? unit_bytes(size)
                            : unit == METRIC_NS  ? unit_ns(size)
                                                 : unit_count(size);
    return format(metrics, "%s%s%s", value < 0 ? "-" : "", is_estimate ? "~" : "", text.text);
}

static const char *change_text(struct metrics *metrics, double old, double new)
{
    double percent = 100 * (new - old) / old;
    if (old == new || old == 0)
        return "";
    return fabs(percent) > 9999 ? ">+9999%" : format(metrics, "%+.1f%%", percent);
}

static void put_total(struct metrics *metrics, struct text_table *table,
                      const struct metric *metric)
{
    double old = metric_single(metric, 0), new = metric_single(metric, 1);
    bool known[] = {metric->sides[0].count != 0, metric->sides[1].count != 0};
    bool estimates[] = {metric->sides[0].has_estimates, metric->sides[1].has_estimates};
    if (old == 0 && new == 0)
        return;
    struct text_row *row = text_table_row(table);
    metrics->failed |= !row;
    if (!row)
        return;
    row->cells[0] = metric->name;
    row->cells[2] =
        known[0] ? total_text(metrics, metric->unit, old, estimates[0]) : "not recorded";
    row->cells[3] =
        known[1] ? total_text(metrics, metric->unit, new, estimates[1]) : "not recorded";
    if (!known[0] || !known[1])
        return;
    const char *change = total_text(metrics, metric->unit, new - old, estimates[0] || estimates[1]);
    row->cells[4] = old == new ? "=" : format(metrics, "%s%s", new > old ? "+" : "", change);
    row->cells[5] = change_text(metrics, old, new);
}

void metrics_print_totals(struct metrics *metrics, FILE *out)
{
    static const char *const titles[] = {"old", "new", "change", ""};
    struct text_table table = {.region = &metrics->region,
                               .heading = "TOTALS",
                               .titles = titles,
                               .number_count = 4,
                               .fields = metrics->fields};
    for (size_t i = 0; i < metrics->count; i++)
        if (metrics->list[i].is_of_profile && metric_is_shown(metrics, &metrics->list[i]))
            put_total(metrics, &table, &metrics->list[i]);
    if (table.row_count == 0)
        return;
    fputc('\n', out);
    text_table_print(&table, out, "", "");
}

// --- values of four digits

// Beyond what prefixes are for: as it is written with an exponent.
#define LARGE_MIN 1e18
#define SMALL_MAX 1e-12

static const char *digits(struct metrics *metrics, double value, const char *prefix)
{
    double size = fabs(value);
    int places = size >= 999.95 ? 0 : size >= 99.995 ? 1 : size >= 9.9995 ? 2 : 3;
    return format(metrics, "%.*f%s", places, value, prefix);
}

static bool is_bytes(const char *unit)
{
    return strcmp(unit, "bytes") == 0 || strcmp(unit, "B") == 0 || strncmp(unit, "B/", 2) == 0;
}

static const char *scaled(struct metrics *metrics, const char *unit, double value)
{
    static const char *const large[] = {"", "k", "M", "G", "T", "P"};
    static const char *const large_bytes[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi"};
    static const char *const small[] = {"", "m", "µ", "n", "p"};
    double step = is_bytes(unit) ? 1024 : 1000;
    size_t power = 0;
    if (value == 0 || !isfinite(value))
        return value == 0 ? "0" : "?";
    if (fabs(value) >= LARGE_MIN || fabs(value) < SMALL_MAX)
        return format(metrics, "%.4g", value);
    if (fabs(value) < 1 && !is_bytes(unit)) {
        while (fabs(value) < 0.9995 && power < 4)
            value *= 1000, power++;
        return digits(metrics, value, small[power]);
    }
    if (fabs(value) < step && value == floor(value))
        return format(metrics, "%.0f", value);
    while (fabs(value) >= step * 0.99995 && power < 5)
        value /= step, power++;
    return digits(metrics, value, is_bytes(unit) ? large_bytes[power] : large[power]);
}

// --- one metric

struct compared {
    const struct metric *metric;
    struct median medians[2];
    bool known[2];
    double p;
};

// Times of profiles are said in seconds, as those of benchmarks are.
static double unit_factor(const struct metric *metric)
{
    return metric->unit == METRIC_NS ? 1e-9 : 1;
}

static const char *unit_words(const struct metric *metric)
{
    return metric->unit == METRIC_NS ? "sec" : metric->unit_name;
}

static void compare(struct metrics *metrics, const struct metric *metric,
                    struct compared *ret_compared)
{
    *ret_compared = (struct compared){.metric = metric, .p = 1};
    for (unsigned side = 0; side < 2; side++) {
        const struct metric_values *values = &metric->sides[side];
        ret_compared->known[side] = values->count != 0;
        if (!values->count)
            continue;
        struct median median = median_of(values->values, values->count);
        double factor = unit_factor(metric);
        ret_compared->medians[side] =
            (struct median){median.value * factor, median.low * factor, median.high * factor};
    }
    if (ret_compared->known[0] && ret_compared->known[1])
        ret_compared->p = mann_whitney(metric->sides[0].values, metric->sides[0].count,
                                       metric->sides[1].values, metric->sides[1].count);
    metrics->failed |= ret_compared->p < 0;
}

// Superscripts, as footnotes have them.
static const char *note_mark(struct metrics_text *text, const char *note)
{
    static const char *const marks[NOTES_MAX] = {"¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸"};
    for (size_t i = 0; i < text->note_count; i++)
        if (strcmp(text->notes[i], note) == 0)
            return marks[i];
    if (text->note_count == NOTES_MAX)
        return "";
    text->notes[text->note_count] = note;
    return marks[text->note_count++];
}

static int sign_of(double value)
{
    return (value > 0) - (value < 0);
}

static const char *range_text(struct metrics_text *text, const struct median *median)
{
    if (isinf(median->low) || isinf(median->high))
        return format(text->metrics, "∞ %s",
                      note_mark(text, format(text->metrics,
                                             "need >= %zu samples for confidence interval at "
                                             "level %.2f",
                                             median_count_min(), CONFIDENCE)));
    if (sign_of(median->low) != sign_of(median->value) ||
        sign_of(median->high) != sign_of(median->value))
        return "?";
    if (median->value == 0)
        return "0%";
    double above = median->high / median->value - 1, below = 1 - median->low / median->value;
    return format(text->metrics, "%.0f%%", 100 * fmax(fabs(above), fabs(below)));
}

static const char *median_cell(struct metrics_text *text, const struct compared *compared,
                               unsigned side)
{
    const struct median *median = &compared->medians[side];
    if (!compared->known[side])
        return "";
    return format(text->metrics, "%s%s ± %s",
                  compared->metric->sides[side].has_estimates ? "~" : "",
                  scaled(text->metrics, unit_words(compared->metric), median->value),
                  range_text(text, median));
}

static bool are_all_equal(const struct metric *metric)
{
    const struct metric_values *known = &metric->sides[metric->sides[0].count == 0];
    double first = known->count ? known->values[0] : 0;
    for (unsigned side = 0; side < 2; side++)
        for (size_t i = 0; i < metric->sides[side].count; i++)
            if (metric->sides[side].values[i] != first)
                return false;
    return true;
}

static const char *delta_text(struct metrics_text *text, double old, double new, bool differs)
{
    if (!differs)
        return "~";
    if (old == new)
        return "0.00%";
    return old == 0 ? "?" : format(text->metrics, "%+.2f%%", 100 * (new / old - 1));
}

static const char *delta_note(struct metrics_text *text, const struct metric *metric)
{
    size_t old_count = metric->sides[0].count, new_count = metric->sides[1].count;
    double alpha = text->request->alpha;
    if (are_all_equal(metric))
        return note_mark(text, "all samples are equal");
    if (mann_whitney_least(old_count, new_count) <= alpha)
        return "";
    return note_mark(text, format(text->metrics,
                                  "need >= %zu samples to detect a difference at alpha level %g",
                                  mann_whitney_count_min(alpha), alpha));
}

// "-17.20%  (p=0.000 n=10)"
static void put_delta(struct metrics_text *text, const struct compared *compared,
                      struct text_row *row)
{
    const struct metric *metric = compared->metric;
    size_t old_count = metric->sides[0].count, new_count = metric->sides[1].count;
    if (!compared->known[0] || !compared->known[1])
        return;
    const char *delta = delta_text(text, compared->medians[0].value, compared->medians[1].value,
                                   compared->p <= text->request->alpha);
    const char *count = old_count == new_count
                            ? format(text->metrics, "%zu", old_count)
                            : format(text->metrics, "%zu+%zu", old_count, new_count);
    const char *note = delta_note(text, metric);
    row->cells[4] = delta;
    row->cells[5] =
        format(text->metrics, "(p=%.3f n=%s)%s%s", compared->p, count, *note ? " " : "", note);
}

// --- a table for each unit

struct mean_logs {
    double sums[2];
    size_t count;
    bool has_others; // that have no logarithm
};

static void add_to_means(struct mean_logs *means, const struct compared *compared)
{
    if (!compared->known[0] || !compared->known[1])
        return;
    if (compared->medians[0].value <= 0 || compared->medians[1].value <= 0) {
        means->has_others = true;
        return;
    }
    means->sums[0] += log(compared->medians[0].value);
    means->sums[1] += log(compared->medians[1].value);
    means->count++;
}

static void put_geomean(struct metrics_text *text, struct text_table *table, const char *unit,
                        const struct mean_logs *means)
{
    struct text_row *row = means->count > 1 ? text_table_row(table) : NULL;
    if (!row)
        return;
    double old = exp(means->sums[0] / (double)means->count);
    double new = exp(means->sums[1] / (double)means->count);
    row->cells[0] = "geomean";
    row->cells[2] = scaled(text->metrics, unit, old);
    row->cells[3] = scaled(text->metrics, unit, new);
    const char *note = means->has_others ? note_mark(text, "without what is not above 0") : "";
    row->cells[4] = format(text->metrics, "%+.2f%%", 100 * (new / old - 1));
    row->cells[5] = note;
}

static void put_metric(struct metrics_text *text, struct text_table *table,
                       const struct metric *metric, struct mean_logs *means)
{
    struct compared compared;
    compare(text->metrics, metric, &compared);
    if (metric->is_of_profile && compared.medians[0].value == 0 && compared.medians[1].value == 0 &&
        are_all_equal(metric))
        return;
    struct text_row *row = text_table_row(table);
    text->metrics->failed |= !row;
    if (!row)
        return;
    row->cells[0] = metric->name;
    row->cells[2] = median_cell(text, &compared, 0);
    row->cells[3] = median_cell(text, &compared, 1);
    put_delta(text, &compared, row);
    add_to_means(means, &compared);
}

static bool is_first_of_unit(const struct metrics *metrics, size_t number)
{
    for (size_t i = 0; i < number; i++)
        if (strcmp(unit_words(&metrics->list[i]), unit_words(&metrics->list[number])) == 0)
            return false;
    return true;
}

static void put_unit(struct metrics_text *text, const char *unit)
{
    static const char *const titles[] = {"old", "new", "change", ""};
    struct metrics *metrics = text->metrics;
    struct text_table table = {.region = &metrics->region,
                               .heading = format(metrics, "%s", unit),
                               .titles = titles,
                               .number_count = 4,
                               .fields = metrics->fields};
    struct mean_logs means = {0};
    for (size_t i = 0; i < metrics->count; i++)
        if (strcmp(unit_words(&metrics->list[i]), unit) == 0 &&
            metric_is_shown(metrics, &metrics->list[i]))
            put_metric(text, &table, &metrics->list[i], &means);
    if (table.row_count == 0)
        return;
    put_geomean(text, &table, unit, &means);
    fputc('\n', text->out);
    text_table_print(&table, text->out, "", "");
}

void metrics_print_statistics(struct metrics *metrics, const struct diff_request *request,
                              FILE *out)
{
    struct metrics_text text = {.metrics = metrics, .request = request, .out = out};
    for (size_t i = 0; i < metrics->count; i++)
        if (is_first_of_unit(metrics, i))
            put_unit(&text, unit_words(&metrics->list[i]));
    for (size_t i = 0; i < text.note_count; i++)
        fprintf(out, "  %s %s\n", note_mark(&text, text.notes[i]), text.notes[i]);
}
