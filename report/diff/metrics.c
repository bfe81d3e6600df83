// SPDX-License-Identifier: MIT
//
// metrics.c - see metrics.h.
#include "report/diff/metrics.h"

#include "report/formats/view.h"
#include "report/model/units.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES_MAX 65536

void metrics_release(struct metrics *metrics)
{
    region_release(&metrics->region);
}

static struct metric *find(struct metrics *metrics, const char *name, const char *unit_name)
{
    for (size_t i = 1; i <= metrics->count; i++) {
        size_t number = (metrics->latest + i) % metrics->count;
        struct metric *metric = &metrics->list[number];
        if (strcmp(metric->name, name) != 0 || strcmp(metric->unit_name, unit_name) != 0)
            continue;
        metrics->latest = number;
        return metric;
    }
    return NULL;
}

// NULL: too many, or without memory.
static struct metric *metric_of(struct metrics *metrics, const char *name, const char *unit_name)
{
    struct metric *metric = find(metrics, name, unit_name);
    metrics->too_many |= !metric && metrics->count == METRICS_MAX;
    if (metric || metrics->count == METRICS_MAX)
        return metric;
    void *list = metrics->list;
    metric = region_push(&metrics->region, &list, &metrics->count, &metrics->room, sizeof(*metric));
    char *own_name = region_strndup(&metrics->region, name, strlen(name));
    char *own_unit = region_strndup(&metrics->region, unit_name, strlen(unit_name));
    metrics->failed |= !metric || !own_name || !own_unit;
    if (!metric)
        return NULL;
    metrics->list = list;
    metrics->latest = metrics->count - 1;
    *metric = (struct metric){.name = own_name ? own_name : "",
                              .unit_name = own_unit ? own_unit : "",
                              .unit = METRIC_OTHER};
    return metric;
}

static void add(struct metrics *metrics, struct metric *metric, unsigned side, double value)
{
    struct metric_values *to = &metric->sides[side];
    void *values = to->values;
    double *added =
        region_push(&metrics->region, &values, &to->count, &to->room, sizeof(*to->values));
    metrics->failed |= !added;
    if (!added)
        return;
    to->values = values;
    *added = value;
}

bool metric_is_shown(const struct metrics *metrics, const struct metric *metric)
{
    if (!metric->is_of_profile)
        return true;
    return !metrics->only_lines && (metric->tables == 0 || (metric->tables & metrics->tables));
}

double metric_single(const struct metric *metric, unsigned side)
{
    return metric->sides[side].count ? metric->sides[side].values[0] : 0;
}

// --- profiles

struct total {
    struct metrics *metrics;
    unsigned side;
    unsigned tables;  // of enum view_table: the views they belong to; 0: all
    bool is_estimate; // of a sampled heap
};

static void put(const struct total *total, const char *name, enum metric_unit unit, int64_t value)
{
    static const char *const names[] = {
        [METRIC_COUNT] = "count", [METRIC_BYTES] = "bytes", [METRIC_NS] = "ns"};
    struct metric *metric = metric_of(total->metrics, name, names[unit]);
    if (!metric)
        return;
    metric->unit = unit;
    metric->is_of_profile = true;
    metric->tables = total->tables;
    metric->sides[total->side].has_estimates |= total->is_estimate;
    add(total->metrics, metric, total->side, (double)value);
}

static int64_t count_misuses(const struct profile *profile)
{
    int64_t count = 0;
    for (size_t i = 0; i < profile->heap_misuse_count; i++)
        if (!profile->heap_misuses[i].suppressed)
            count += (int64_t)profile->heap_misuses[i].record.count;
    return count;
}

static void put_heap(const struct total *total, const struct profile *profile)
{
    const struct heap_counts *counts = &profile->heap.total;
    const struct {
        const char *name;
        enum metric_unit unit;
        unsigned tables;
        int64_t value;
    } figures[] = {
        {"allocations", METRIC_COUNT, TABLE_ALLOCATIONS, counts->allocations},
        {"temporary blocks", METRIC_COUNT, TABLE_TEMPORARY, counts->temporary},
        {"reallocs", METRIC_COUNT, TABLE_ALLOCATIONS, profile->heap.reallocs},
        {"live blocks", METRIC_COUNT, TABLE_LIVE | TABLE_REACHABLE, counts->live_blocks},
        {"wrong frees", METRIC_COUNT, TABLE_HEAP_MISUSE, count_misuses(profile)},
        {"allocated bytes", METRIC_BYTES, TABLE_ALLOCATIONS, counts->allocated_bytes},
        {"peak bytes", METRIC_BYTES, TABLE_PEAK, counts->peak_bytes},
        {"live bytes", METRIC_BYTES, TABLE_LIVE | TABLE_REACHABLE, counts->live_bytes},
    };
    if (profile->header.heap_mode == PROFILE_HEAP_OFF || profile->header.heap_bypassed)
        return;
    for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++) {
        struct total of = *total;
        of.tables = figures[i].tables;
        of.is_estimate = profile_is_sampled(profile) && of.tables != TABLE_HEAP_MISUSE;
        put(&of, figures[i].name, figures[i].unit, figures[i].value);
    }
}

static void put_leaks(const struct total *of, const struct profile *profile)
{
    const struct total leaks = {of->metrics, of->side, TABLE_LEAKS, false}, *total = &leaks;
    const struct leak_total *totals = profile->leaks.totals;
    if (!profile->leaks.classified)
        return;
    put(total, "leaked blocks", METRIC_COUNT, totals[PROFILE_LEAK_DEFINITE].blocks);
    put(total, "leaked bytes", METRIC_BYTES,
        totals[PROFILE_LEAK_DEFINITE].bytes + totals[PROFILE_LEAK_INDIRECT].bytes);
}

static void put_locks(const struct total *of, const struct profile *profile)
{
    const struct total waits = {of->metrics, of->side, TABLE_LOCKS | TABLE_HOLDERS, false};
    const struct total order = {of->metrics, of->side, TABLE_ORDER, false};
    int64_t contentions = 0, wait_ns = 0, deadlocks = 0, potential = 0;
    if (!profile->header.locks_on)
        return;
    for (size_t i = 0; i < profile->lock_count; i++) {
        const struct lock *lock = &profile->locks[i];
        if (lock_is_idle_kind(lock->kind) || lock->suppressed)
            continue;
        contentions += lock->contentions;
        wait_ns += lock->wait_ns;
    }
    for (size_t i = 0; i < profile->order_count; i++) {
        const struct order_cycle *cycle = &profile->order[i];
        deadlocks += cycle->kind == ORDER_DEADLOCK && !cycle->suppressed;
        potential += cycle->kind == ORDER_POTENTIAL && !cycle->suppressed;
    }
    put(&waits, "contentions", METRIC_COUNT, contentions);
    put(&waits, "lock wait", METRIC_NS, wait_ns);
    put(&order, "deadlocks", METRIC_COUNT, deadlocks);
    put(&order, "potential deadlocks", METRIC_COUNT, potential);
}

static void put_threads(const struct total *of, const struct profile *profile)
{
    const unsigned tables = TABLE_THREADS | TABLE_THREAD_CREATE;
    const struct total created = {of->metrics, of->side, tables, false}, *total = &created;
    const struct threads *threads = &profile->threads;
    if (!profile->header.threads_on)
        return;
    put(total, "threads created", METRIC_COUNT, threads->created);
    put(total, "leaked threads", METRIC_COUNT, threads->leaked - threads->suppressed_leaked);
}

// Of the process, as the last moment has it; else of its threads, if the first is among them: it is
// not where it met no hook. -1: unknown.
static int64_t cpu_time_ns(const struct profile *profile)
{
    const struct threads *threads = &profile->threads;
    size_t moments = profile->timeline_count;
    int64_t sum_ns = 0;
    bool has_main = false;
    if (moments && profile->timeline[moments - 1].cpu_ns >= 0)
        return profile->timeline[moments - 1].cpu_ns;
    for (size_t i = 0; i < threads->record_count; i++) {
        sum_ns += (int64_t)threads->records[i].record.cpu_ns;
        has_main |= threads->records[i].record.origin == PROFILE_ORIGIN_MAIN;
    }
    return has_main && profile->state != STATE_KILLED ? sum_ns : -1;
}

void metrics_add_profile(struct metrics *metrics, const struct profile *profile, unsigned side)
{
    const struct total total = {metrics, side, 0, false};
    put_heap(&total, profile);
    put_leaks(&total, profile);
    put_locks(&total, profile);
    put_threads(&total, profile);
    if (cpu_time_ns(profile) >= 0 && profile->merged.record.without_end == 0)
        put(&total, "CPU time", METRIC_NS, cpu_time_ns(profile));
    if (profile->duration_ns >= 0 && profile->merged.record.without_end == 0)
        put(&total, "wall time", METRIC_NS, profile->duration_ns);
}

// --- benchmark lines

static char *next_word(char **at)
{
    while (**at && isspace((unsigned char)**at))
        ++*at;
    char *word = *at;
    while (**at && !isspace((unsigned char)**at))
        ++*at;
    if (**at)
        *(*at)++ = '\0';
    return *word ? word : NULL;
}

// Digits, a point and an exponent, in the C locale or not.
static bool parse_number(const char *word, double *ret_number)
{
    char *end;
    if (!word || !(isdigit((unsigned char)*word) || *word == '-' || *word == '.'))
        return false;
    *ret_number = strtod(word, &end);
    return *end == '\0' && isfinite(*ret_number);
}

// As benchstat: times are seconds, rates bytes.
static double tidy(const char **unit, double value)
{
    static const struct {
        const char *from, *to;
        double factor;
    } units[] = {{"ns/op", "sec/op", 1e-9}, {"us/op", "sec/op", 1e-6}, {"ms/op", "sec/op", 1e-3},
                 {"s/op", "sec/op", 1},     {"ns", "sec", 1e-9},       {"MB/s", "B/s", 1e6}};
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
        if (strcmp(*unit, units[i].from) == 0) {
            *unit = units[i].to;
            return value * units[i].factor;
        }
    return value;
}

static size_t add_line(struct metrics *metrics, char *line, unsigned side)
{
    static const char prefix[] = "Benchmark";
    size_t added = 0;
    double iterations, value;
    char *name = next_word(&line);
    if (!name || strncmp(name, prefix, strlen(prefix)) != 0 || !name[strlen(prefix)] ||
        islower((unsigned char)name[strlen(prefix)]) ||
        !parse_number(next_word(&line), &iterations))
        return 0;
    while (parse_number(next_word(&line), &value)) {
        const char *unit = next_word(&line);
        if (!unit)
            break;
        value = tidy(&unit, value);
        const char *printable_name = text_printable(&metrics->region, name + strlen(prefix));
        unit = text_printable(&metrics->region, unit);
        struct metric *metric =
            printable_name && unit ? metric_of(metrics, printable_name, unit) : NULL;
        metrics->failed |= !printable_name || !unit;
        if (!metric)
            break;
        add(metrics, metric, side, value);
        added++;
    }
    return added;
}

size_t metrics_add_benchmarks(struct metrics *metrics, const char *text, size_t length,
                              unsigned side)
{
    size_t count = 0, bytes;
    for (size_t at = 0; at < length && !metrics->failed; at += bytes + 1) {
        const char *end = memchr(text + at, '\n', length - at);
        bytes = end ? (size_t)(end - text) - at : length - at;
        if (bytes < sizeof("Benchmark") || bytes > LINE_BYTES_MAX ||
            memcmp(text + at, "Benchmark", sizeof("Benchmark") - 1) != 0)
            continue;
        char *line = strndup(text + at, bytes);
        metrics->failed |= !line;
        if (line)
            count += add_line(metrics, line, side) != 0;
        free(line);
    }
    return count;
}
