// SPDX-License-Identifier: MIT
//
// preload_sampler_test.c - sampled heaps: which allocations are taken, what they stand for, and the
// arithmetic below it, compared with libm. All seeds are fixed: a bound that holds, holds.
#include "preload/options.h"
#include "preload/sampler.h"
#include "tests/unit/preload_support.h"

#include <fenv.h>
#include <math.h>
#include <string.h>

static const uint64_t rates[] = {1024, 4096, 512 << 10, 1 << 30};
static const uint64_t sizes[] = {0,    1,     7,         16,      100,     1024,
                                 4096, 40000, 512 << 10, 1 << 20, 5 << 20, 16 << 20};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

// A thread: its sampler and its countdown, which is that of the calling thread else.
struct thread {
    struct sampler sampler;
    uint64_t countdown;
};

static struct thread seeded(uint64_t rate, uint64_t stream)
{
    struct thread thread;

    options.sample_bytes = rate;
    options.sample_seed = 20240501;
    sampler_start();
    sampler_init(&thread.sampler, stream);
    sampler_draw(&thread.sampler);
    thread.countdown = sampler_countdown;
    return thread;
}

static double probability_of(uint64_t bytes, uint64_t rate)
{
    return -expm1(-(double)(bytes ? bytes : 1) / (double)rate);
}

// Whether an allocation is sampled, as a hook asks.
static bool takes(struct thread *thread, uint64_t bytes)
{
    bool is_taken;

    sampler_countdown = thread->countdown;
    is_taken = !sampler_skips(bytes);
    if (is_taken)
        sampler_draw(&thread->sampler);
    thread->countdown = sampler_countdown;
    return is_taken;
}

// --- arithmetic

static void assert_close(double value, double expected, double at)
{
    if (fabs(value - expected) > 1e-14 * fabs(expected))
        fail_msg("%.17g instead of %.17g at %.17g", value, expected, at);
}

static void test_logarithm(void **state)
{
    struct random random = {1};

    (void)state;
    for (double value = 1; value >= 0x1p-60; value /= 2)
        assert_close(sampler_log(value), log(value), value);
    for (int i = 0; i < 1000000; i++) { // what sampler_draw() asks for
        double value = (double)((random_next(&random) >> 11) + 1) * 0x1p-53;

        assert_close(sampler_log(value), log(value), value);
    }
    for (int i = 1; i < 100000; i++) { // around 1, where the logarithm vanishes
        double value = 1 - i * 0x1p-53, square_root = sqrt(0.5) + (i - 50000) * 0x1p-52;

        assert_close(sampler_log(value), log(value), value);
        assert_close(sampler_log(square_root), log(square_root), square_root);
    }
}

static void assert_probability(double value)
{
    double complement, probability = sampler_probability(value, &complement);

    assert_close(probability, -expm1(-value), value);
    if (value <= 700)
        assert_close(complement, exp(-value), value);
    else
        assert_true(complement == 0);
}

static void test_probability(void **state)
{
    struct random random = {2};

    (void)state;
    for (double value = 0x1p-35; value < 0x1p40; value *= 1.001)
        assert_probability(value);
    for (int i = 0; i < 1000000; i++)
        assert_probability((double)(random_next(&random) >> 11) * 0x1p-53 * 50);
    for (int i = -1000; i < 1000; i++) { // where the two ways meet, and at halves of ln 2
        assert_probability(0.34 + i * 0x1p-54);
        assert_probability(1.5 * M_LN2 + i * 0x1p-52);
    }
    assert_probability(0);
}

// --- which are taken

// Each size alone: so many of them as their probability says, within 4.5 standard deviations.
static void test_share_of_each_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rates); i++)
        for (size_t j = 0; j < COUNT(sizes); j++) {
            double p = probability_of(sizes[j], rates[i]), taken = 0, count = 4e6;
            struct thread thread = seeded(rates[i], 100 * i + j);

            for (int k = 0; k < (int)count; k++)
                taken += takes(&thread, sizes[j]);
            if (fabs(taken - count * p) > 4.5 * sqrt(count * p * (1 - p)) + 1)
                fail_msg("%g of %g blocks of %lu bytes, not %g, at %lu", taken, count, sizes[j],
                         count * p, rates[i]);
        }
}

// Sizes mixed: what came before has no influence, and the estimates of every size are right.
static void test_estimates_of_a_mixture(void **state)
{
    static const uint64_t some_rates[] = {4096, 512 << 10};

    (void)state;
    for (size_t i = 0; i < COUNT(some_rates); i++) {
        double made[COUNT(sizes)] = {0}, blocks[COUNT(sizes)] = {0}, variance[COUNT(sizes)] = {0};
        struct thread thread = seeded(some_rates[i], 7);
        struct random random = {3};

        for (int k = 0; k < 6000000; k++) {
            size_t j = random_below(&random, COUNT(sizes));

            made[j]++;
            if (!takes(&thread, sizes[j]))
                continue;
            struct sampler_weight weight = sampler_weigh(sizes[j]);
            blocks[j] += (double)weight.blocks / PROFILE_SAMPLED_UNIT;
            variance[j] += weight.variance_blocks;
        }
        for (size_t j = 0; j < COUNT(sizes); j++) {
            double p = probability_of(sizes[j], some_rates[i]);
            double deviation = sqrt(made[j] * (1 - p) / p);

            if (fabs(blocks[j] - made[j]) > 4 * deviation + made[j] * 1e-5)
                fail_msg("%g blocks of %lu bytes, not %g", blocks[j], sizes[j], made[j]);
            // of few samples, not even the variance is known well
            if (made[j] * p > 100 && p < 0.99 &&
                (variance[j] < deviation * deviation / 2 ||
                 variance[j] > deviation * deviation * 2))
                fail_msg("variance %g of %lu bytes, not %g", variance[j], sizes[j],
                         deviation * deviation);
        }
    }
}

// What the report says of its errors: 95 of 100 intervals of 1.96 standard deviations, as estimated
// from the samples themselves, hold the truth. Of 400 seeds 95 % are 380, give or take 3 times 4.4.
static void test_confidence_over_seeds(void **state)
{
    static const struct {
        uint64_t rate, bytes;
        int count;
    } sites[] = {{4096, 16, 100000},
                 {4096, 1024, 2000},
                 {512 << 10, 1024, 200000},
                 {512 << 10, 64 << 10, 3500},
                 {512 << 10, 1 << 20, 1500}};

    (void)state;
    for (size_t i = 0; i < COUNT(sites); i++) {
        int held = 0;

        for (uint64_t seed = 1; seed <= 400; seed++) {
            struct thread thread = seeded(sites[i].rate, seed);
            struct sampler_weight weight = sampler_weigh(sites[i].bytes);
            int taken = 0;

            for (int k = 0; k < sites[i].count; k++)
                taken += takes(&thread, sites[i].bytes);
            double off = taken * (double)weight.blocks / PROFILE_SAMPLED_UNIT - sites[i].count;
            held += fabs(off) <= 1.96 * sqrt(taken * weight.variance_blocks);
        }
        if (held < 380 - 13 || held > 380 + 13)
            fail_msg("%d of 400 for %lu bytes", held, sites[i].bytes);
    }
}

// Distances of the points, in 16 classes of equal probability: chi-square with 15 degrees of
// freedom is below 37.7 in 999 of 1000.
static void test_distances_are_exponential(void **state)
{
    const double rate = 1 << 20;
    double classes[16] = {0}, sum = 0, chi_square = 0, count = 1600000;
    struct thread thread = seeded((uint64_t)rate, 1);

    (void)state;
    for (int i = 0; i < (int)count; i++) {
        double rank = exp(-((double)sampler_countdown + 0.5) / rate);

        classes[(size_t)(rank * 16)]++;
        sum += (double)sampler_countdown + 0.5;
        sampler_draw(&thread.sampler);
    }
    for (size_t i = 0; i < 16; i++)
        chi_square += (classes[i] - count / 16) * (classes[i] - count / 16) / (count / 16);
    assert_true(chi_square < 37.7);
    assert_true(chi_square > 3.48); // less in 1 of 1000: too good to be random
    assert_true(fabs(sum / count - rate) < 4 * rate / sqrt(count));
}

static void test_countdown(void **state)
{
    (void)state;
    sampler_countdown = 100;
    assert_true(sampler_skips(60));
    assert_int_equal(sampler_countdown, 40);
    assert_true(sampler_skips(0)); // as 1 byte
    assert_int_equal(sampler_countdown, 39);
    assert_false(sampler_skips(40));
    assert_true(sampler_skips(39));
    assert_int_equal(sampler_countdown, 0);
    assert_false(sampler_skips(0));
    assert_false(sampler_skips(1));
}

static void test_largest_sizes(void **state)
{
    static const size_t largest[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2, SIZE_MAX / 2 + 1};

    (void)state;
    for (size_t i = 0; i < COUNT(largest); i++) {
        sampler_countdown = UINT64_C(1) << 36;
        assert_false(sampler_skips(largest[i]));
        assert_false(sampler_skips(largest[i])); // until the next draw
    }
}

// --- seeds

static void test_seeds(void **state)
{
    struct thread one = seeded(4096, 1), same = seeded(4096, 1), two = seeded(4096, 2);
    struct sampler other;

    (void)state;
    assert_memory_equal(&one, &same, sizeof(one));
    assert_int_not_equal(one.sampler.random, two.sampler.random);
    options.sample_seed = 5;
    sampler_start();
    sampler_init(&other, 1);
    assert_int_not_equal(one.sampler.random, other.random);
    options.sample_seed = 0; // other in every run
    sampler_start();
    sampler_init(&one.sampler, 1);
    sampler_start();
    sampler_init(&other, 1);
    assert_int_not_equal(one.sampler.random, other.random);
}

// Threads must not sample in step.
static void test_streams_are_independent(void **state)
{
    const int count = 200000;
    int both = 0;

    (void)state;
    for (uint64_t stream = 1; stream < 4; stream++) {
        struct thread a = seeded(4096, stream), b = seeded(4096, stream + 1);
        double p = probability_of(1024, 4096), expected = count * p * p;

        both = 0;
        for (int i = 0; i < count; i++)
            both += (int)takes(&a, 1024) & (int)takes(&b, 1024);
        assert_true(fabs(both - expected) < 4.5 * sqrt(expected));
    }
}

// --- weights

static void test_weights(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rates); i++)
        for (size_t j = 0; j < COUNT(sizes); j++) {
            options.sample_bytes = rates[i];
            double p = probability_of(sizes[j], rates[i]), size = (double)sizes[j];
            double q = exp(-(size + (size == 0)) / (double)rates[i]); // 1 - p, to the last bit
            double blocks = PROFILE_SAMPLED_UNIT / p, bytes = size / p;
            struct sampler_weight weight = sampler_weigh(sizes[j]);

            assert_true(fabs((double)weight.blocks - blocks) <= 0.5 + blocks * 1e-14);
            assert_true(fabs((double)weight.bytes - bytes) <= 0.5 + bytes * 1e-14);
            assert_true(fabs((double)weight.bytes - bytes) <= bytes * 0.0005);
            assert_close(weight.variance_blocks, q / (p * p), size);
            assert_close(weight.variance_bytes, q / (p * p) * size * size, size);
        }
}

static void test_certain_samples_are_exact(void **state)
{
    (void)state;
    options.sample_bytes = 1024;
    for (uint64_t bytes = 1 << 20; bytes < UINT64_C(1) << 37; bytes = bytes * 3 + 1) {
        struct sampler_weight weight = sampler_weigh(bytes);

        assert_int_equal(weight.blocks, PROFILE_SAMPLED_UNIT);
        assert_int_equal(weight.bytes, bytes);
        assert_true(weight.variance_bytes < 1e-200);
    }
}

static void test_free_takes_away_what_was_added(void **state)
{
    struct profile_cell_samples samples = {0};
    struct random random = {4};
    uint64_t sizes_taken[1000], blocks = 0, bytes = 0;

    (void)state;
    options.sample_bytes = 512 << 10;
    for (size_t i = 0; i < COUNT(sizes_taken); i++) {
        sizes_taken[i] = random_below(&random, 16 << 20);
        struct sampler_weight weight = sampler_weigh(sizes_taken[i]);

        blocks += weight.blocks;
        bytes += weight.bytes;
        sampler_count_allocation(&samples, weight);
    }
    assert_true(samples.variance_bytes > 0 && samples.freed_variance_bytes == 0);
    for (size_t i = 0; i < COUNT(sizes_taken); i++) {
        struct sampler_weight weight = sampler_weigh(sizes_taken[i]);

        blocks -= weight.blocks;
        bytes -= weight.bytes;
        sampler_count_free(&samples, weight);
    }
    assert_int_equal(blocks, 0);
    assert_int_equal(bytes, 0);
    assert_int_equal(samples.samples, 1000);
    assert_int_equal(samples.freed_samples, 1000);
    assert_close(samples.freed_variance_bytes, samples.variance_bytes, 0);
    assert_close(samples.freed_variance_blocks, samples.variance_blocks, 0);
}

// --- the host's floating-point state

static void test_rounding_of_the_host(void **state)
{
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct sampler sampler = seeded(4096, i).sampler, expected_sampler = sampler;
        struct sampler_weight expected = sampler_weigh(sizes[i]);
        uint64_t expected_countdown;

        sampler_draw(&expected_sampler);
        expected_countdown = sampler_countdown;
        for (size_t j = 0; j < COUNT(modes); j++) {
            struct sampler drawn = sampler;

            fesetround(modes[j]);
            struct sampler_weight weight = sampler_weigh(sizes[i]);
            sampler_draw(&drawn);
            assert_int_equal(fegetround(), modes[j]);
            fesetround(FE_TONEAREST);
            assert_memory_equal(&weight, &expected, sizeof(weight));
            assert_memory_equal(&drawn, &expected_sampler, sizeof(drawn));
            assert_int_equal(sampler_countdown, expected_countdown);
        }
    }
}

static void test_exceptions_of_the_host(void **state)
{
    struct sampler sampler = seeded(4096, 1).sampler;
    struct profile_cell_samples samples = {0, 0, 0.1, 0.1, 0.1, 0.1, {0, 0}, ""}; // no sum is exact

    (void)state;
    feclearexcept(FE_ALL_EXCEPT);
    feenableexcept(FE_ALL_EXCEPT); // any of them is a SIGFPE from here on
    sampler_count_allocation(&samples, (struct sampler_weight){1, 1, 1.0 / 3, 1.0 / 3});
    sampler_count_free(&samples, (struct sampler_weight){1, 1, 1.0 / 3, 1.0 / 3});
    for (int i = 0; i < 100; i++)
        sampler_draw(&sampler);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        sampler_count_allocation(&samples, sampler_weigh(sizes[i]));
        sampler_count_free(&samples, sampler_weigh(sizes[i]));
    }
    assert_int_equal(fetestexcept(FE_ALL_EXCEPT), 0);
    fedisableexcept(FE_ALL_EXCEPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logarithm),
        cmocka_unit_test(test_probability),
        cmocka_unit_test(test_share_of_each_size),
        cmocka_unit_test(test_estimates_of_a_mixture),
        cmocka_unit_test(test_confidence_over_seeds),
        cmocka_unit_test(test_distances_are_exponential),
        cmocka_unit_test(test_countdown),
        cmocka_unit_test(test_largest_sizes),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_streams_are_independent),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_certain_samples_are_exact),
        cmocka_unit_test(test_free_takes_away_what_was_added),
        cmocka_unit_test(test_rounding_of_the_host),
        cmocka_unit_test(test_exceptions_of_the_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
