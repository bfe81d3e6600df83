// SPDX-License-Identifier: MIT
//
// Jobs that ask before every small step whether they have been cancelled; the flag of the context
// they share is behind a mutex.
// What a profile shows: threads wait for each other only to learn that nothing has happened.
// What helps: to ask once per batch of steps, or an atomic flag.
#include "workload/subsystem.h"

#include <pthread.h>
#include <stdbool.h>

#define STEPS_PER_JOB 64

struct context {
    pthread_mutex_t lock;
    bool cancelled;
};

static struct context shared_context = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool context_is_cancelled(struct context *context)
{
    pthread_mutex_lock(&context->lock);
    bool cancelled = context->cancelled;
    pthread_mutex_unlock(&context->lock);
    return cancelled;
}

static uint64_t job_step(uint64_t value)
{
    for (int i = 0; i < 8; i++)
        value = work_mix(value + 1);
    return value;
}

static uint64_t context_operate(struct work_random *random)
{
    uint64_t value = work_random_next(random);
    for (int step = 0; step < STEPS_PER_JOB; step++) {
        if (context_is_cancelled(&shared_context))
            break;
        value = job_step(value);
    }
    return value;
}

const struct subsystem context_subsystem = {
    .name = "context",
    .summary = "a cancellation flag behind a mutex, checked at every step",
    .operations = 20000,
    .operate = context_operate,
};
