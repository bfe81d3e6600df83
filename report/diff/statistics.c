// SPDX-License-Identifier: MIT
//
// statistics.c - see statistics.h.
#include "report/diff/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_values(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

// --- medians

// Of `count` values, the k with which [k-th, k-th from above] has the median in it with the wanted
// confidence: as large as can be. 0: none. The number of values below the median is binomial.
static size_t interval_rank(size_t count)
{
    double tail = 0, log_all = (double)count * log(2);
    size_t rank = 0;
    for (size_t i = 0; i < count / 2; i++) {
        double n = (double)count, k = (double)i;
        tail += exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) - log_all);
        if (2 * tail > 1 - CONFIDENCE)
            break;
        rank = i + 1;
    }
    return rank;
}

struct median median_of(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare_values);
    size_t rank = interval_rank(count);
    double middle = values[count / 2];
    return (struct median){
        .value = count % 2 ? middle : values[count / 2 - 1] + (middle - values[count / 2 - 1]) / 2,
        .low = rank ? values[rank - 1] : -INFINITY,
        .high = rank ? values[count - rank] : INFINITY,
    };
}

size_t median_count_min(void)
{
    size_t count = 1;
    while (interval_rank(count) == 0)
        count++;
    return count;
}

// --- Mann-Whitney

// Both samples together. Twice the rank, so that shared ranks are whole numbers.
struct ranked {
    double value;
    size_t rank2;
    bool is_left;
};

static int compare_ranked(const void *left, const void *right)
{
    return compare_values(&((const struct ranked *)left)->value,
                          &((const struct ranked *)right)->value);
}

// Returns the sum of t^3 - t over the groups of t equal values.
static double set_ranks(struct ranked *all, size_t count)
{
    double ties = 0;
    for (size_t first = 0, next; first < count; first = next) {
        for (next = first; next < count && all[next].value == all[first].value;)
            next++;
        for (size_t i = first; i < next; i++)
            all[i].rank2 = first + next + 1;
        double size = (double)(next - first);
        ties += size * size * size - size;
    }
    return ties;
}

// ways[k * (sum_max + 1) + s]: in how many ways k of the values have ranks that make s.
static double *count_ways(const struct ranked *all, size_t count, size_t chosen, size_t sum_max)
{
    size_t width = sum_max + 1, taken = 0;
    double *ways = calloc((chosen + 1) * width, sizeof(*ways));
    if (!ways)
        return NULL;
    ways[0] = 1;
    for (size_t i = 0; i < count; i++) {
        taken = taken < chosen ? taken + 1 : chosen;
        for (size_t k = taken; k > 0; k--)
            for (size_t s = sum_max; s >= all[i].rank2; s--)
                ways[k * width + s] += ways[(k - 1) * width + s - all[i].rank2];
    }
    return ways;
}

static double exact(const struct ranked *all, size_t count, size_t chosen, size_t sum)
{
    size_t sum_max = count * (count + 1);
    double *ways = count_ways(all, count, chosen, sum_max);
    if (!ways)
        return -1;
    double below = 0, above = 0, total = 0;
    const double *of_chosen = &ways[chosen * (sum_max + 1)];
    for (size_t s = 0; s <= sum_max; s++) {
        total += of_chosen[s];
        below += s <= sum ? of_chosen[s] : 0;
        above += s >= sum ? of_chosen[s] : 0;
    }
    free(ways);
    double p = 2 * (below < above ? below : above) / total;
    return p < 1 ? p : 1;
}

static double approximate(size_t count, size_t chosen, size_t sum, double ties)
{
    double n = (double)count, a = (double)chosen, b = n - a;
    double u = (double)sum / 2 - a * (a + 1) / 2;
    double variance = a * b / 12 * (n + 1 - ties / (n * (n - 1)));
    double distance = fabs(u - a * b / 2) - 0.5;
    if (variance <= 0 || distance <= 0)
        return 1;
    return erfc(distance / sqrt(variance) / sqrt(2));
}

double mann_whitney(const double *left, size_t left_count, const double *right, size_t right_count)
{
    size_t count = left_count + right_count, sum_left = 0;
    struct ranked *all = calloc(count, sizeof(*all));
    if (!all)
        return -1;
    for (size_t i = 0; i < count; i++)
        all[i] = i < left_count ? (struct ranked){.value = left[i], .is_left = true}
                                : (struct ranked){.value = right[i - left_count]};
    qsort(all, count, sizeof(*all), compare_ranked);
    double ties = set_ranks(all, count);
    for (size_t i = 0; i < count; i++)
        sum_left += all[i].is_left ? all[i].rank2 : 0;
    bool left_is_smaller = left_count <= right_count;
    size_t chosen = left_is_smaller ? left_count : right_count;
    size_t sum = left_is_smaller ? sum_left : count * (count + 1) - sum_left;
    double p =
        count <= EXACT_MAX ? exact(all, count, chosen, sum) : approximate(count, chosen, sum, ties);
    free(all);
    return p;
}

double mann_whitney_least(size_t left_count, size_t right_count)
{
    double n = (double)left_count, m = (double)right_count;
    double p = 2 * exp(lgamma(n + 1) + lgamma(m + 1) - lgamma(n + m + 1));
    return p < 1 ? p : 1;
}

size_t mann_whitney_count_min(double alpha)
{
    size_t count = 1;
    while (count < EXACT_MAX && mann_whitney_least(count, count) > alpha)
        count++;
    return count;
}
