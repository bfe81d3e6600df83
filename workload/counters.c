// SPDX-License-Identifier: MIT
//
// Plain counters that every request adds to, each addition behind the same mutex.
// What a profile shows: a lock taken more often than any other, held for an instant each time.
// What helps: atomic counters, or counters of each thread that are summed when read.
#include "workload/subsystem.h"

#include <pthread.h>
#include <string.h>

enum counter { COUNTER_REQUESTS, COUNTER_BYTES_IN, COUNTER_BYTES_OUT, COUNTER_HITS, COUNTER_COUNT };

static pthread_mutex_t counters_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t counters[COUNTER_COUNT];

static void counters_begin(const struct work_plan *plan)
{
    (void)plan;
    memset(counters, 0, sizeof counters);
}

static void counter_add(enum counter which, uint64_t value)
{
    pthread_mutex_lock(&counters_lock);
    counters[which] += value;
    pthread_mutex_unlock(&counters_lock);
}

static uint64_t counters_operate(struct work_random *random)
{
    uint64_t bytes_in = work_random_below(random, 1500);
    uint64_t bytes_out = work_random_below(random, 65536);
    counter_add(COUNTER_REQUESTS, 1);
    counter_add(COUNTER_BYTES_IN, bytes_in);
    counter_add(COUNTER_BYTES_OUT, bytes_out);
    counter_add(COUNTER_HITS, bytes_out % 2);
    return bytes_in + bytes_out;
}

static uint64_t counters_end(void)
{
    uint64_t digest = 0;
    for (int i = 0; i < COUNTER_COUNT; i++)
        digest = work_mix(digest + counters[i]);
    return digest;
}

const struct subsystem counters_subsystem = {
    .name = "counters",
    .summary = "four counters of every request, all behind one hot mutex",
    .operations = 240000,
    .begin = counters_begin,
    .end = counters_end,
    .operate = counters_operate,
};
