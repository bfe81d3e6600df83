// SPDX-License-Identifier: MIT
//
// Latency histograms of some endpoints behind one mutex, looked up by name with the mutex held; now
// and then a thread formats them all, still holding it.
// What a profile shows: threads wait in metrics_record, now and then behind metrics_flush.
// What helps: a lock per shard or per thread, and to copy first, then format unlocked.
#include "workload/subsystem.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define SERIES_COUNT 16
#define BUCKET_COUNT 20
#define SNAPSHOT_BYTES 4096
#define RECORDS_PER_FLUSH 500

struct series {
    char name[24];
    uint64_t count;
    uint64_t sum_us;
    uint64_t buckets[BUCKET_COUNT]; // [n]: values below 2^(n+1) us, the last one all others
};

static pthread_mutex_t metrics_lock = PTHREAD_MUTEX_INITIALIZER;
static struct series all_series[SERIES_COUNT];

static void metrics_begin(const struct work_plan *plan)
{
    (void)plan;
    memset(all_series, 0, sizeof all_series);
    for (int i = 0; i < SERIES_COUNT; i++)
        snprintf(all_series[i].name, sizeof all_series[i].name, "/api/v1/endpoint-%d", i);
}

// The name must be one of them.
static struct series *metrics_find(const char *name)
{
    struct series *series = all_series;
    while (strcmp(series->name, name) != 0)
        series++;
    return series;
}

static int metrics_bucket(uint64_t value_us)
{
    int bucket = 0;
    while (value_us > 1 && bucket < BUCKET_COUNT - 1) {
        value_us /= 2;
        bucket++;
    }
    return bucket;
}

static void metrics_record(const char *name, uint64_t value_us)
{
    pthread_mutex_lock(&metrics_lock);
    struct series *series = metrics_find(name);
    series->count++;
    series->sum_us += value_us;
    series->buckets[metrics_bucket(value_us)]++;
    pthread_mutex_unlock(&metrics_lock);
}

static void metrics_format(char *text, size_t text_bytes)
{
    size_t used = 0;
    for (int i = 0; i < SERIES_COUNT && used < text_bytes; i++) {
        const struct series *series = &all_series[i];
        used += (size_t)snprintf(text + used, text_bytes - used,
                                 "%s count=%" PRIu64 " sum=%" PRIu64 "us\n", series->name,
                                 series->count, series->sum_us);
    }
}

static void metrics_flush(void)
{
    pthread_mutex_lock(&metrics_lock);
    char *text = work_malloc(SNAPSHOT_BYTES);
    metrics_format(text, SNAPSHOT_BYTES);
    pthread_mutex_unlock(&metrics_lock);
    free(text); // here it would be sent
}

static uint64_t metrics_operate(struct work_random *random)
{
    char name[24];
    uint64_t value_us = work_random_below(random, 1 << work_random_below(random, BUCKET_COUNT));
    snprintf(name, sizeof name, "/api/v1/endpoint-%d",
             (int)work_random_below(random, SERIES_COUNT));
    metrics_record(name, value_us);
    if (work_random_below(random, RECORDS_PER_FLUSH) == 0)
        metrics_flush();
    return value_us;
}

static uint64_t metrics_end(void)
{
    uint64_t digest = 0;
    for (int i = 0; i < SERIES_COUNT; i++)
        digest = work_mix(digest + all_series[i].count) + all_series[i].sum_us;
    return digest;
}

const struct subsystem metrics_subsystem = {
    .name = "metrics",
    .summary = "histograms behind one mutex, held to look up and to format",
    .operations = 240000,
    .begin = metrics_begin,
    .end = metrics_end,
    .operate = metrics_operate,
};
