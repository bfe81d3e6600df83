// SPDX-License-Identifier: MIT
//
// leak_workers.h - numbered tasks on a few threads.
#ifndef GAIAPROF_LEAK_WORKERS_H
#define GAIAPROF_LEAK_WORKERS_H

#include <stddef.h>
#include <stdint.h>

#define LEAK_WORKERS_MAX 4

// What one thread has for itself is its own `worker` (0 to LEAK_WORKERS_MAX - 1). 0 or -errno.
typedef int (*leak_task)(void *context, unsigned worker, size_t task);

// All tasks, in any order; the first error ends it. Where there is little to read, `bytes` in all,
// on the calling thread alone.
int leak_workers_run(leak_task run, void *context, size_t task_count, uint64_t bytes);

#endif
