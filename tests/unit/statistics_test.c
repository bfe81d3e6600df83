// SPDX-License-Identifier: MIT
//
// statistics_test.c - medians, their confidence intervals and the Mann-Whitney test: against values
// that scipy.stats gave, and against counting all ways to divide small samples.
#include "report/diff/statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int failures;

static void check(const char *what, double value, double expected, double tolerance)
{
    if (fabs(value - expected) <= tolerance || (isinf(expected) && value == expected))
        return;
    printf("%s: %.12g, not %.12g\n", what, value, expected);
    failures++;
}

// --- against all divisions

// How often `left` wins over `right`, ties half; doubled, so it is whole.
static int wins2(const double *values, size_t count, unsigned chosen)
{
    int wins = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            if ((chosen >> i & 1) && !(chosen >> j & 1))
                wins += values[i] > values[j] ? 2 : values[i] == values[j];
    return wins;
}

// The first `left` values against the others.
static double by_counting(const double *values, size_t count, size_t left)
{
    unsigned seen = (1u << left) - 1;
    int wins = wins2(values, count, seen);
    double below = 0, above = 0, all = 0;
    for (unsigned chosen = 0; chosen < 1u << count; chosen++) {
        if ((size_t)__builtin_popcount(chosen) != left)
            continue;
        int other = wins2(values, count, chosen);
        all++;
        below += other <= wins;
        above += other >= wins;
    }
    return fmin(1, 2 * fmin(below, above) / all);
}

static void check_all_divisions(void)
{
    unsigned state = 1;
    for (int round = 0; round < 300; round++) {
        double values[12];
        size_t count = 2 + (size_t)round % 11, left = 1 + (size_t)(round / 11) % (count - 1);
        for (size_t i = 0; i < count; i++) {
            state = state * 1103515245 + 12345;
            values[i] = state >> 16 & (round % 3 ? 7 : 1023); // with and without many ties
        }
        check("by counting", mann_whitney(values, left, &values[left], count - left),
              by_counting(values, count, left), 1e-12);
    }
}

// --- against scipy.stats.mannwhitneyu

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof(*(ARRAY)))

static void check_known(void)
{
    const double a[] = {1, 2, 3, 4, 5}, b[] = {6, 7, 8, 9, 10};
    const double c[] = {19, 22, 16, 29, 24}, d[] = {20, 11, 17, 12};
    const double e[] = {1.1, 2.2, 3.3, 4.4, 5.5, 6.6, 7.7, 8.8, 9.9, 10.1};
    const double f[] = {2.0, 3.0, 5.0, 7.0, 11.0, 13.0, 17.0, 19.0, 23.0, 29.0};
    check("apart", mann_whitney(a, COUNT(a), b, COUNT(b)), 0.007936507936507936, 1e-12);
    check("turned around", mann_whitney(b, COUNT(b), a, COUNT(a)), 0.007936507936507936, 1e-12);
    check("of scipy's manual", mann_whitney(c, COUNT(c), d, COUNT(d)), 0.1111111111111111, 1e-12);
    check("ten and ten", mann_whitney(e, COUNT(e), f, COUNT(f)), 0.08920955205784928, 1e-12);
    check("the same", mann_whitney(a, COUNT(a), a, COUNT(a)), 1, 0);
    check("one and one", mann_whitney(a, 1, b, 1), 1, 0);
    double g[50], h[45];
    for (int i = 0; i < 50; i++)
        g[i] = i * 7 % 31;
    for (int i = 0; i < 45; i++)
        h[i] = i * 11 % 37 + 3;
    check("many, with ties", mann_whitney(g, COUNT(g), h, COUNT(h)), 0.010317752668249415, 1e-9);
}

// --- medians

static void check_medians(void)
{
    double odd[] = {9, 1, 5}, even[] = {4, 1, 3, 2}, one[] = {7};
    check("median of 3", median_of(odd, 3).value, 5, 0);
    check("median of 4", median_of(even, 4).value, 2.5, 0);
    check("median of 1", median_of(one, 1).value, 7, 0);
    check("too few", median_of(odd, 3).low, -INFINITY, 0);
    double values[20];
    for (int i = 0; i < 20; i++)
        values[i] = 20 - i;
    check("6 are enough", (double)median_count_min(), 6, 0);
    check("low of 6", median_of(values, 6).low, 15, 0); // 15 to 20
    check("high of 6", median_of(values, 6).high, 20, 0);
    struct median twenty = median_of(values, 20); // the 6th and the 15th: 95.9 %
    check("low of 20", twenty.low, 6, 0);
    check("high of 20", twenty.high, 15, 0);
}

static void check_limits(void)
{
    check("4 detect 0.05", (double)mann_whitney_count_min(0.05), 4, 0);
    check("5 detect 0.01", (double)mann_whitney_count_min(0.01), 5, 0);
    check("least of 4 and 4", mann_whitney_least(4, 4), 2.0 / 70, 1e-12);
    check("least of 3 and 5", mann_whitney_least(3, 5), 2.0 / 56, 1e-12);
}

int main(void)
{
    check_all_divisions();
    check_known();
    check_medians();
    check_limits();
    puts(failures ? "failed" : "all well");
    return failures != 0;
}
