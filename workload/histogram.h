// SPDX-License-Identifier: MIT
//
// Latencies in buckets no wider than 1/16 of their value, so that a percentile is right within
// 6.25 % whatever its size, in fixed memory. One thread adds; merge when it is done.
#ifndef WORKLOAD_HISTOGRAM_H
#define WORKLOAD_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB_BITS 4
#define HISTOGRAM_SUB_COUNT (1 << HISTOGRAM_SUB_BITS)
#define HISTOGRAM_BUCKET_COUNT ((64 - HISTOGRAM_SUB_BITS + 1) * HISTOGRAM_SUB_COUNT)

struct histogram {
    uint64_t count;
    uint64_t sum_ns;
    uint64_t buckets[HISTOGRAM_BUCKET_COUNT];
};

void histogram_add(struct histogram *histogram, uint64_t value_ns);
void histogram_merge(struct histogram *sum, const struct histogram *more);

// 0 if there are no values.
uint64_t histogram_mean_ns(const struct histogram *histogram);

// The middle of the bucket below which `percent` of the values lie; 0 if there are none.
uint64_t histogram_percentile_ns(const struct histogram *histogram, unsigned percent);

#endif
