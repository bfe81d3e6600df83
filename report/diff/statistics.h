// SPDX-License-Identifier: MIT
//
// statistics.h - what repeated measurements tell: medians with confidence intervals, and whether
// two samples differ. Nothing is assumed about how they are distributed, as in benchstat.
//
// Sources: H. B. Mann, D. R. Whitney, "On a test of whether one of two random variables is
// stochastically larger than the other" (1947); order statistics as bounds of a median: W. J.
// Conover, "Practical Nonparametric Statistics", 3.2.
#ifndef GAIAPROF_STATISTICS_H
#define GAIAPROF_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>

#define CONFIDENCE 0.95
#define ALPHA_DEFAULT 0.05

// `values` are sorted by this; count is not 0.
struct median {
    double value;
    double low, high; // of the confidence interval; -INFINITY, INFINITY: too few values
};
struct median median_of(double *values, size_t count);

// The smallest number of values that has a confidence interval.
size_t median_count_min(void);

// The probability that two samples of one population differ at least as much, in either direction.
// Exact, ties or not, up to EXACT_MAX values together; else by the normal approximation, corrected
// for ties and continuity. 1 if all are equal. -1 without memory. Both counts are not 0.
#define EXACT_MAX 60
double mann_whitney(const double *left, size_t left_count, const double *right, size_t right_count);

// How small the probability can get for samples of these sizes.
double mann_whitney_least(size_t left_count, size_t right_count);

// How many values on either side it takes for a probability of at most `alpha`.
size_t mann_whitney_count_min(double alpha);

#endif
