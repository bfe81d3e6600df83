// SPDX-License-Identifier: MIT
//
// Latencies in log-linear buckets. Values below 16 have a bucket each; above, every power of two
// is divided into 16: the exponent selects the group, the four bits after the leading one the
// bucket in it.
#include "workload/histogram.h"

static unsigned bucket_of(uint64_t value)
{
    if (value < HISTOGRAM_SUB_COUNT)
        return (unsigned)value;
    unsigned shift = 63 - (unsigned)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
    return (shift << HISTOGRAM_SUB_BITS) + (unsigned)(value >> shift);
}

static uint64_t bucket_middle(unsigned bucket)
{
    if (bucket < 2 * HISTOGRAM_SUB_COUNT)
        return bucket;
    unsigned shift = (bucket >> HISTOGRAM_SUB_BITS) - 1;
    uint64_t start = (uint64_t)(bucket - (shift << HISTOGRAM_SUB_BITS)) << shift;
    return start + ((uint64_t)1 << shift) / 2;
}

void histogram_add(struct histogram *histogram, uint64_t value_ns)
{
    histogram->count++;
    histogram->sum_ns += value_ns;
    histogram->buckets[bucket_of(value_ns)]++;
}

void histogram_merge(struct histogram *sum, const struct histogram *more)
{
    sum->count += more->count;
    sum->sum_ns += more->sum_ns;
    for (unsigned i = 0; i < HISTOGRAM_BUCKET_COUNT; i++)
        sum->buckets[i] += more->buckets[i];
}

uint64_t histogram_mean_ns(const struct histogram *histogram)
{
    return histogram->count ? histogram->sum_ns / histogram->count : 0;
}

uint64_t histogram_percentile_ns(const struct histogram *histogram, unsigned percent)
{
    // Rounded up, without a product that could overflow.
    uint64_t rank =
        histogram->count / 100 * percent + (histogram->count % 100 * percent + 99) / 100;
    uint64_t seen = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKET_COUNT; i++) {
        seen += histogram->buckets[i];
        if (seen >= rank && seen > 0)
            return bucket_middle(i);
    }
    return 0;
}
