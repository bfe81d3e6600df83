// SPDX-License-Identifier: MIT
//
// Threads that do a subsystem's operations and time each of them. They start together, so that they
// contend from the first operation on, and share nothing that is written while they run: each
// fills its own run_thread, and the main thread sums them after the join.
#include "workload/runner.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct run_thread {
    pthread_t thread;
    pthread_barrier_t *start;
    const struct subsystem *subsystem;
    uint64_t operations;
    uint64_t limit_ns;
    struct work_random random;

    uint64_t start_ns;
    uint64_t end_ns;
    uint64_t checksum;
    struct work_tally tally;
    struct histogram latency;
};

static uint64_t deadline_after(uint64_t start_ns, uint64_t limit_ns)
{
    return limit_ns > UINT64_MAX - start_ns ? UINT64_MAX : start_ns + limit_ns;
}

// One look at the clock per operation: the end of one is the start of the next.
static void run_operations(struct run_thread *self)
{
    uint64_t deadline_ns = deadline_after(self->start_ns, self->limit_ns);
    uint64_t now_ns = self->start_ns;
    for (uint64_t left = self->operations; left > 0 && now_ns < deadline_ns; left--) {
        uint64_t before_ns = now_ns;
        self->checksum += work_mix(self->subsystem->operate(&self->random));
        now_ns = work_now_ns();
        histogram_add(&self->latency, now_ns - before_ns);
    }
    self->end_ns = now_ns;
}

static void *run_thread_main(void *argument)
{
    struct run_thread *self = argument;
    pthread_barrier_wait(self->start);
    self->start_ns = work_now_ns();
    run_operations(self);
    self->tally = work_tally;
    return NULL;
}

static void run_thread_start(struct run_thread *self, unsigned index)
{
    char name[16]; // the kernel's limit
    int error = pthread_create(&self->thread, NULL, run_thread_main, self);
    if (error)
        work_die("pthread_create", error);
    snprintf(name, sizeof name, "%s-%u", self->subsystem->name, index);
    pthread_setname_np(self->thread, name);
}

static void run_threads(struct run_thread *threads, const struct subsystem *subsystem,
                        const struct work_plan *plan, uint64_t limit_ns)
{
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, plan->threads);
    for (unsigned i = 0; i < plan->threads; i++) {
        threads[i].start = &start;
        threads[i].subsystem = subsystem;
        threads[i].operations = plan->operations;
        threads[i].limit_ns = limit_ns;
        threads[i].random.state = work_mix(plan->seed + 1) + work_mix(i + 1);
        run_thread_start(&threads[i], i);
    }
    for (unsigned i = 0; i < plan->threads; i++)
        pthread_join(threads[i].thread, NULL);
    pthread_barrier_destroy(&start);
}

// Sums are of any order: which thread did what first does not show.
static void run_result_collect(struct run_result *result, const struct run_thread *threads,
                               unsigned thread_count)
{
    uint64_t first_ns = UINT64_MAX, last_ns = 0;
    for (unsigned i = 0; i < thread_count; i++) {
        const struct run_thread *thread = &threads[i];
        first_ns = thread->start_ns < first_ns ? thread->start_ns : first_ns;
        last_ns = thread->end_ns > last_ns ? thread->end_ns : last_ns;
        result->checksum += thread->checksum;
        work_tally_add(&result->tally, &thread->tally);
        histogram_merge(&result->latency, &thread->latency);
    }
    result->operations = result->latency.count;
    result->elapsed_ns = last_ns - first_ns;
}

// What begin and end allocate is the subsystem's too.
void run_subsystem(const struct subsystem *subsystem, const struct work_plan *plan,
                   uint64_t limit_ns, struct run_result *ret_result)
{
    struct run_thread *threads = calloc(plan->threads, sizeof *threads);
    if (!threads)
        work_die("calloc", ENOMEM);
    memset(ret_result, 0, sizeof *ret_result);
    memset(&work_tally, 0, sizeof work_tally);
    if (subsystem->begin)
        subsystem->begin(plan);
    run_threads(threads, subsystem, plan, limit_ns);
    run_result_collect(ret_result, threads, plan->threads);
    if (subsystem->end)
        ret_result->checksum += subsystem->end();
    work_tally_add(&ret_result->tally, &work_tally);
    ret_result->ended_by_time = ret_result->operations / plan->threads < plan->operations;
    free(threads);
}

void run_result_add(struct run_result *total, const struct run_result *more)
{
    total->operations += more->operations;
    total->elapsed_ns += more->elapsed_ns;
    total->checksum = work_mix(total->checksum + 1) + more->checksum;
    total->ended_by_time |= more->ended_by_time;
    work_tally_add(&total->tally, &more->tally);
    histogram_merge(&total->latency, &more->latency);
}
