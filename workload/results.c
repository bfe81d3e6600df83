// SPDX-License-Identifier: MIT
//
// The two forms of the results. The table is at most 100 columns wide; the benchmark text is that
// of `go test -bench -benchmem`, where ns/op is elapsed time over all threads' operations.
#include "workload/results.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

// Room for one cell of the table.
struct cell {
    char text[32];
};

static struct cell cell_count(uint64_t value)
{
    struct cell cell;
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, value);
    int used = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            cell.text[used++] = ',';
        cell.text[used++] = digits[i];
    }
    cell.text[used] = '\0';
    return cell;
}

static struct cell cell_duration(uint64_t value_ns)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    struct cell cell;
    double value = (double)value_ns;
    int unit = 0;
    while (value >= 1000 && unit < 3) {
        value /= 1000;
        unit++;
    }
    int decimals = unit == 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
    snprintf(cell.text, sizeof cell.text, "%.*f %s", decimals, value, units[unit]);
    return cell;
}

static double per_second(const struct run_result *result)
{
    return result->elapsed_ns ? (double)result->operations * 1e9 / (double)result->elapsed_ns : 0;
}

static double per_operation(uint64_t value, const struct run_result *result)
{
    return result->operations ? (double)value / (double)result->operations : 0;
}

static void table_start(const struct work_plan *plan)
{
    printf("stress: %u threads, seed %" PRIu64 "\n\n", plan->threads, plan->seed);
    printf("%-10s %12s %12s %9s %9s %9s %9s %11s %10s\n", "subsystem", "operations", "ops/s",
           "mean", "P50", "P95", "P99", "B/op", "allocs/op");
}

static void table_row(const char *name, const struct work_plan *plan,
                      const struct run_result *result)
{
    const struct histogram *latency = &result->latency;
    (void)plan;
    printf("%-10s %12s %12s", name, cell_count(result->operations).text,
           cell_count((uint64_t)per_second(result)).text);
    printf(" %9s %9s", cell_duration(histogram_mean_ns(latency)).text,
           cell_duration(histogram_percentile_ns(latency, 50)).text);
    printf(" %9s %9s", cell_duration(histogram_percentile_ns(latency, 95)).text,
           cell_duration(histogram_percentile_ns(latency, 99)).text);
    printf(" %11.1f %10.3f\n", per_operation(result->tally.bytes, result),
           per_operation(result->tally.allocations, result));
    fflush(stdout);
}

static void table_finish(const struct work_plan *plan, const struct run_result *total)
{
    table_row("total", plan, total);
    printf("\nallocated  %s blocks, %s bytes in %s\n", cell_count(total->tally.allocations).text,
           cell_count(total->tally.bytes).text, cell_duration(total->elapsed_ns).text);
    if (total->ended_by_time)
        printf("checksum   none: --duration ended the work\n");
    else
        printf("checksum   %016" PRIx64 "\n", total->checksum);
}

// Go has names of its own.
static const char *go_architecture(const char *machine)
{
    static const char *const names[][2] = {{"x86_64", "amd64"}, {"aarch64", "arm64"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i][0], machine) == 0)
            return names[i][1];
    }
    return machine;
}

// The lines benchstat takes as the configuration of the results below them.
static void bench_start(const struct work_plan *plan)
{
    struct utsname system;
    uname(&system);
    printf("goos: linux\ngoarch: %s\npkg: gaiaprof/stress\n", go_architecture(system.machine));
    printf("seed: %" PRIu64 "\n", plan->seed);
}

static void bench_row(const char *name, const struct work_plan *plan,
                      const struct run_result *result)
{
    const struct histogram *latency = &result->latency;
    printf("Benchmark%c%s-%u\t%8" PRIu64 "\t%10.1f ns/op", toupper((unsigned char)name[0]),
           name + 1, plan->threads, result->operations, per_operation(result->elapsed_ns, result));
    printf("\t%8" PRIu64 " p50-ns\t%8" PRIu64 " p95-ns\t%8" PRIu64 " p99-ns",
           histogram_percentile_ns(latency, 50), histogram_percentile_ns(latency, 95),
           histogram_percentile_ns(latency, 99));
    printf("\t%10.1f B/op\t%8.3f allocs/op\n", per_operation(result->tally.bytes, result),
           per_operation(result->tally.allocations, result));
    fflush(stdout);
}

const struct results_format results_table = {
    .name = "table", .start = table_start, .row = table_row, .finish = table_finish};

const struct results_format results_bench = {
    .name = "bench", .start = bench_start, .row = bench_row};

static void none_row(const char *name, const struct work_plan *plan,
                     const struct run_result *result)
{
    (void)name;
    (void)plan;
    (void)result;
}

const struct results_format results_none = {.name = "none", .row = none_row};
