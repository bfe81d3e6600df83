// SPDX-License-Identifier: MIT
//
// leak_workers.c - see leak_workers.h.
#include "report/leaks/leak_workers.h"

#include <pthread.h>
#include <stdint.h>
#include <unistd.h>

#define BYTES_FOR_THREADS ((uint64_t)4 << 20) // in the time it takes to start one

struct work {
    leak_task run;
    void *context;
    size_t task_count, next;
    int error;
    unsigned workers;
};

static void *work_on(void *context)
{
    struct work *work = context;
    unsigned worker = __atomic_fetch_add(&work->workers, 1, __ATOMIC_RELAXED);
    while (!__atomic_load_n(&work->error, __ATOMIC_RELAXED)) {
        size_t task = __atomic_fetch_add(&work->next, 1, __ATOMIC_RELAXED);
        if (task >= work->task_count)
            break;
        int error = work->run(work->context, worker, task);
        if (error)
            __atomic_store_n(&work->error, error, __ATOMIC_RELAXED);
    }
    return NULL;
}

int leak_workers_run(leak_task run, void *context, size_t task_count, uint64_t bytes)
{
    struct work work = {.run = run, .context = context, .task_count = task_count};
    pthread_t threads[LEAK_WORKERS_MAX];
    long processors = bytes < BYTES_FOR_THREADS ? 1 : sysconf(_SC_NPROCESSORS_ONLN);
    int started = 0;
    while (started < processors - 1 && started < LEAK_WORKERS_MAX - 1 &&
           pthread_create(&threads[started], NULL, work_on, &work) == 0)
        started++;
    work_on(&work);
    while (started > 0)
        pthread_join(threads[--started], NULL);
    return work.error;
}
