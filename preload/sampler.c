// SPDX-License-Identifier: MIT
//
// sampler.c - see sampler.h. Everything here is off the hot path: a call for each sample.
#include "preload/sampler.h"

#include "preload/arch/float.h"
#include "preload/options.h"
#include "preload/sys.h"

#include <string.h>
#include <sys/auxv.h>

#define GOLDEN_GAMMA UINT64_C(0x9e3779b97f4a7c15)

__thread uint64_t sampler_countdown;

static uint64_t run_seed;

// --- random numbers: splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
// Generators, 2014; constants of Vigna's splitmix64.c). Period 2^64; every state is a good one.

static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

static uint64_t next_random(struct sampler *sampler)
{
    return mix(sampler->random += GOLDEN_GAMMA);
}

// In (0, 1], all multiples of 2^-53: a logarithm exists.
static double next_uniform(struct sampler *sampler)
{
    return (double)((next_random(sampler) >> 11) + 1) * 0x1p-53;
}

// The bytes that the kernel gave the program for its own secrets; a child made by fork has the
// same.
static uint64_t unpredictable(void)
{
    const void *bytes = (const void *)getauxval(AT_RANDOM);
    uint64_t value = 0;

    if (bytes)
        memcpy(&value, bytes, sizeof(value));
    return mix(value + sys_monotonic_ns()) + (uint64_t)sys_process_id();
}

void sampler_start(void)
{
    run_seed = mix(options.sample_seed ? options.sample_seed : unpredictable());
}

// --- arithmetic

// value = m * 2^e with m around 1; ln m = 2 atanh(s) = 2 (s + s^3/3 + s^5/5 ...), s = (m-1)/(m+1).
// |s| < 0.172, so what is left out after s^21 is below 1e-17 of the whole.
double sampler_log(double value)
{
    const double ln2 = 0x1.62e42fefa39efp-1, sqrt_half = 0x1.6a09e667f3bcdp-1;
    uint64_t bits;
    int exponent;
    double m, s, square, sum = 0;

    memcpy(&bits, &value, sizeof(bits));
    exponent = (int)(bits >> 52) - 1022; // m in [0.5, 1)
    bits = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1022) << 52;
    memcpy(&m, &bits, sizeof(m));
    if (m < sqrt_half) {
        m *= 2;
        exponent--;
    }
    s = (m - 1) / (m + 1);
    square = s * s;
    for (int k = 21; k >= 1; k -= 2)
        sum = sum * square + 1.0 / k;
    return exponent * ln2 + 2 * s * sum;
}

// 1 - exp(-rest) = rest - rest^2/2! + rest^3/3! ..., for rest below 0.35: what is left out after
// the 14th power is below 1e-18 of the whole.
static double small_probability(double rest)
{
    double sum = 1;

    for (int k = 14; k >= 2; k--)
        sum = 1 - rest / k * sum;
    return rest * sum;
}

// exp(-value) = 2^-n exp(-rest). From 700 on it is 0 to everything it is used for.
double sampler_probability(double value, double *ret_complement)
{
    const double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
    uint64_t n, bits;
    double rest, scale, complement;

    if (value < 0.34) {
        double probability = small_probability(value);

        *ret_complement = 1 - probability;
        return probability;
    }
    if (value > 700) {
        *ret_complement = 0;
        return 1;
    }
    n = (uint64_t)(value / (ln2_high + ln2_low) + 0.5);
    rest = value - (double)n * ln2_high - (double)n * ln2_low; // |rest| < 0.35
    bits = (1023 - n) << 52;
    memcpy(&scale, &bits, sizeof(scale));
    complement = scale * (1 - small_probability(rest));
    *ret_complement = complement;
    return 1 - complement;
}

// --- samples

void sampler_draw(struct sampler *sampler)
{
    struct arch_float saved = arch_float_begin();
    double uniform, distance;

    ARCH_FLOAT_HERE(sampler->random);
    uniform = next_uniform(sampler);
    distance = -sampler_log(uniform) * (double)options.sample_bytes;
    // the byte it falls into; P(countdown < bytes) = 1 - exp(-bytes / R) for whole bytes
    sampler_countdown = (uint64_t)distance;
    ARCH_FLOAT_HERE(sampler_countdown);
    arch_float_end(saved);
}

void sampler_init(struct sampler *sampler, uint64_t stream)
{
    sampler->random = mix(run_seed + mix(stream + GOLDEN_GAMMA));
}

static struct sampler_weight weigh(uint64_t bytes)
{
    double size = (double)(bytes + (bytes == 0)), complement, probability;

    probability = sampler_probability(size / (double)options.sample_bytes, &complement);
    return (struct sampler_weight){
        .blocks = (uint64_t)(PROFILE_SAMPLED_UNIT / probability + 0.5),
        .bytes = (uint64_t)((double)bytes / probability + 0.5),
        .variance_blocks = complement / (probability * probability),
        .variance_bytes =
            complement / (probability * probability) * ((double)bytes * (double)bytes),
    };
}

struct sampler_weight sampler_weigh(uint64_t bytes)
{
    struct arch_float saved = arch_float_begin();
    struct sampler_weight weight;

    ARCH_FLOAT_HERE(bytes);
    weight = weigh(bytes);
    ARCH_FLOAT_HERE(weight);
    arch_float_end(saved);
    return weight;
}

// Counters that another process reads: each is stored as one word. Relaxed, as all counters.
static void add(double *counter, double value)
{
    double sum = *counter + value;

    __atomic_store(counter, &sum, __ATOMIC_RELAXED);
}

static void add_variances(double *blocks, double *bytes, struct sampler_weight weight)
{
    struct arch_float saved = arch_float_begin();

    ARCH_FLOAT_HERE(weight);
    add(blocks, weight.variance_blocks);
    add(bytes, weight.variance_bytes);
    ARCH_FLOAT_HERE(*blocks);
    ARCH_FLOAT_HERE(*bytes);
    arch_float_end(saved);
}

void sampler_count_allocation(struct profile_cell_samples *samples, struct sampler_weight weight)
{
    counter_add(&samples->samples, 1);
    add_variances(&samples->variance_blocks, &samples->variance_bytes, weight);
}

void sampler_count_free(struct profile_cell_samples *samples, struct sampler_weight weight)
{
    counter_add(&samples->freed_samples, 1);
    add_variances(&samples->freed_variance_blocks, &samples->freed_variance_bytes, weight);
}
