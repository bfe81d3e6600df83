// SPDX-License-Identifier: MIT
//
// Prints what a profile of a scenario must say, as JSON in the words of the report's schema 1. What
// the report has not: "frame" and "frames" of a site, peak_bytes_at_least, and wait_ns_min and
// _max. Tables end with an entry that is all zero.
#include "workload/scenarios/scenario.h"

#include <inttypes.h>
#include <string.h>

// Every object of a table on a line of its own.
static const char *comma_unless_first(const void *entry, const void *first)
{
    return entry == first ? "\n    " : ",\n    ";
}

static void print_number(FILE *out, const char *key, uint64_t value)
{
    fprintf(out, ", \"%s\": %" PRIu64, key, value);
}

static void print_frames(FILE *out, const struct expected_frames *frames)
{
    if (!frames)
        return;
    fprintf(out, ", \"frames\": [");
    for (const struct expected_frames *frame = frames; frame->function; frame++)
        fprintf(out, "%s{\"function\": \"%s\", \"count\": %u}", frame == frames ? "" : ", ",
                frame->function, frame->count);
    fprintf(out, "]");
}

static void print_site(FILE *out, const struct expected_site *site)
{
    fprintf(out, "{\"function\": \"%s\", \"frame\": %u", site->function, site->frame);
    print_number(out, "allocations", site->allocations);
    print_number(out, "allocated_bytes", site->allocated_bytes);
    print_number(out, "frees", site->frees);
    print_number(out, "freed_bytes", site->freed_bytes);
    print_number(out, "temporary", site->temporary);
    print_number(out, "live_blocks", site->allocations - site->frees);
    print_number(out, "live_bytes", site->allocated_bytes - site->freed_bytes);
    if (site->says_peak)
        print_number(out, "peak_bytes", site->peak_bytes);
    print_frames(out, site->frames);
    fprintf(out, "}");
}

static void print_heap(FILE *out, const struct expectation *expected)
{
    if (!expected->sites)
        return;
    fprintf(out, ",\n  \"heap\": {\"sites\": [");
    for (const struct expected_site *site = expected->sites; site->function; site++) {
        fprintf(out, "%s", comma_unless_first(site, expected->sites));
        print_site(out, site);
    }
    fprintf(out, "]");
    if (expected->peak_bytes_at_least)
        print_number(out, "peak_bytes_at_least", expected->peak_bytes_at_least);
    if (expected->says_reallocs)
        print_number(out, "reallocs", expected->reallocs);
    fprintf(out, "}");
}

static void print_leaks(FILE *out, const struct expected_class *leaks)
{
    if (!leaks)
        return;
    fprintf(out, ",\n  \"leaks\": {");
    for (const struct expected_class *class = leaks; class->name; class ++)
        fprintf(out, "%s\"%s\": {\"blocks\": %" PRIu64 ", \"bytes\": %" PRIu64 "}",
                class == leaks ? "" : ", ", class->name, class->blocks, class->bytes);
    fprintf(out, "}");
}

static void print_stacks(FILE *out, const char *key, const struct expected_stack *stacks)
{
    if (!stacks)
        return;
    fprintf(out, ", \"%s\": [", key);
    for (const struct expected_stack *stack = stacks; stack->function; stack++)
        fprintf(out, "%s{\"function\": \"%s\", \"count\": %" PRIu64 "}",
                stack == stacks ? "" : ", ", stack->function, stack->count);
    fprintf(out, "]");
}

static void print_lock(FILE *out, const struct expected_lock *lock)
{
    fprintf(out, "{\"name\": \"%s\"", lock->name);
    print_number(out, "acquisitions", lock->acquisitions);
    print_number(out, "contentions", lock->contentions);
    print_number(out, "wait_ns_min", lock->wait_ns_min);
    print_number(out, "wait_ns_max", lock->wait_ns_max);
    print_stacks(out, "waiters", lock->waiters);
    print_stacks(out, "holders", lock->holders);
    fprintf(out, "}");
}

static void print_locks(FILE *out, const struct expected_lock *locks)
{
    if (!locks)
        return;
    fprintf(out, ",\n  \"locks\": [");
    for (const struct expected_lock *lock = locks; lock->name; lock++) {
        fprintf(out, "%s", comma_unless_first(lock, locks));
        print_lock(out, lock);
    }
    fprintf(out, "]");
}

// NULL counts all threads.
static uint64_t count_threads(const struct expected_thread *threads, const char *join)
{
    uint64_t count = 0;
    for (const struct expected_thread *thread = threads; thread->created_by; thread++)
        count += !join || strcmp(thread->join, join) == 0 ? thread->count : 0;
    return count;
}

static void print_threads(FILE *out, const struct expected_thread *threads)
{
    if (!threads)
        return;
    uint64_t created = count_threads(threads, NULL), running = count_threads(threads, "running");
    fprintf(out, ",\n  \"threads\": {\"created\": %" PRIu64, created);
    print_number(out, "finished", created - running);
    print_number(out, "leaked", count_threads(threads, "leaked"));
    print_number(out, "running_at_exit", running);
    fprintf(out, ", \"records\": [");
    for (const struct expected_thread *thread = threads; thread->created_by; thread++) {
        fprintf(out, "%s{\"created_by\": \"%s\"", comma_unless_first(thread, threads),
                thread->created_by);
        fprintf(out, ", \"exit\": \"%s\", \"join\": \"%s\"", thread->exit, thread->join);
        print_number(out, "count", thread->count);
        fprintf(out, "}");
    }
    fprintf(out, "]}");
}

void scenario_print_expected(const struct scenario *scenario, FILE *out)
{
    const struct expectation *expected = &scenario->expected;
    fprintf(out, "{\"scenario\": \"%s\",\n  \"schema\": 1", scenario->name);
    print_heap(out, expected);
    print_leaks(out, expected->leaks);
    print_locks(out, expected->locks);
    print_threads(out, expected->threads);
    fprintf(out, "}\n");
}
