// SPDX-License-Identifier: MIT
//
// Scenarios: small runs whose profile is known before they are made. Each file holds a few, every
// one with its constants, its code, and what a profile of it must say, computed from the same
// constants. `stress --scenario NAME` runs one and prints nothing; `--expect` prints the figures as
// JSON in the words of the profiler's report.
//
// A figure is only given where it is certain: sites are those of our own functions (pthread_create
// and the C library allocate too), threads those that the scenario makes (the main thread is none
// of them).
#ifndef WORKLOAD_SCENARIO_H
#define WORKLOAD_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// A function that must be found under its own name in every stack.
#if defined(__has_attribute) && __has_attribute(noclone)
#define SCENARIO_SITE __attribute__((noinline, noclone))
#else
#define SCENARIO_SITE __attribute__((noinline))
#endif

// Frames of one function in a row.
struct expected_frames {
    const char *function;
    unsigned count;
};

// All stacks together whose frame number `frame` (0: the caller of malloc) is in this function.
// Live blocks and bytes are what is allocated and not freed.
struct expected_site {
    const char *function; // NULL ends a table
    unsigned frame;
    uint64_t allocations;
    uint64_t allocated_bytes;
    uint64_t frees;
    uint64_t freed_bytes;
    uint64_t temporary;
    bool says_peak;
    uint64_t peak_bytes;                  // live when the whole program's live bytes were highest
    const struct expected_frames *frames; // leaf first, ends with NULL; NULL: not said
};

// Exact numbers of live blocks of one class in the whole program.
struct expected_class {
    const char *name; // NULL ends a table
    uint64_t blocks;
    uint64_t bytes;
};

struct expected_stack {
    const char *function; // leaf; NULL ends a table
    uint64_t count;
};

struct expected_lock {
    const char *name; // NULL ends a table
    uint64_t acquisitions;
    uint64_t contentions;
    uint64_t wait_ns_min; // of all waits together
    uint64_t wait_ns_max;
    const struct expected_stack *waiters;
    const struct expected_stack *holders; // whose unlock ended the waits
};

// Threads made by one function that ended alike.
struct expected_thread {
    const char *created_by; // caller of pthread_create; NULL ends a table
    const char *exit;       // return, pthread_exit, cancelled, process end
    const char *join;       // joined, detached, leaked, running
    uint64_t count;
};

// Tables that are NULL are not part of what the scenario is about. The sums over `threads`
// (created, finished, leaked, running at exit) are computed.
struct expectation {
    const struct expected_site *sites;
    uint64_t peak_bytes_at_least; // 0: not said
    bool says_reallocs;
    uint64_t reallocs; // of the whole program
    const struct expected_class *leaks;
    const struct expected_lock *locks;
    const struct expected_thread *threads;
};

struct scenario {
    const char *name;
    const char *summary;
    void (*run)(void); // on the main thread
    struct expectation expected;
};

// NULL if there is none of that name.
const struct scenario *scenario_find(const char *name);
void scenarios_list(FILE *out);
void scenario_print_expected(const struct scenario *scenario, FILE *out);

// Tells the compiler that the pointer is used, and the program where it is kept: nowhere.
static inline void scenario_escape(void *pointer)
{
    __asm__ volatile("" : : "r"(pointer) : "memory");
}

// Overwrites the stack below the caller, where functions that have returned left their pointers.
SCENARIO_SITE void scenario_wipe_stack(void);

void scenario_sleep_ns(uint64_t duration_ns);

// Returns when the kernel has no such thread of this process any more: it has really finished.
void scenario_await_end(int tid);

// Returns when the thread has gone to sleep in the kernel.
void scenario_await_sleep(int tid);

extern const struct scenario nothing_scenario;
extern const struct scenario leak_definite_scenario;
extern const struct scenario leak_indirect_scenario;
extern const struct scenario leak_possible_scenario;
extern const struct scenario leak_reachable_scenario;
extern const struct scenario leak_cycle_scenario;
extern const struct scenario temporary_scenario;
extern const struct scenario peak_scenario;
extern const struct scenario realloc_growth_scenario;
extern const struct scenario alloc_api_scenario;
extern const struct scenario cross_thread_free_scenario;
extern const struct scenario deep_stack_scenario;
extern const struct scenario contention_scenario;
extern const struct scenario threads_joined_scenario;
extern const struct scenario thread_detached_scenario;
extern const struct scenario thread_leak_scenario;
extern const struct scenario thread_running_scenario;
extern const struct scenario thread_exit_kinds_scenario;

#endif
