// SPDX-License-Identifier: MIT
//
// Batches of small tasks, each task a thread of its own that is made and joined for it.
// What a profile shows: thousands of short threads, all made by batch_start.
// What helps: a few threads that live on and take the tasks from a queue.
#include "workload/subsystem.h"

#include <pthread.h>

#define TASKS_PER_BATCH 4
#define TASK_ROUNDS 200

// Made by the batch, filled by the task's thread, freed by the batch.
struct task {
    pthread_t thread;
    uint64_t value;
    struct work_tally tally;
    unsigned char *scratch;
};

static void *task_main(void *argument)
{
    struct task *task = argument;
    task->scratch = work_malloc(TASK_ROUNDS);
    work_fill(task->scratch, TASK_ROUNDS, task->value);
    task->value = work_digest(task->scratch, TASK_ROUNDS);
    task->tally = work_tally;
    return NULL;
}

static struct task *batch_start(struct work_random *random)
{
    struct task *tasks = work_malloc(TASKS_PER_BATCH * sizeof *tasks);
    for (int i = 0; i < TASKS_PER_BATCH; i++) {
        tasks[i].value = work_random_next(random);
        int error = pthread_create(&tasks[i].thread, NULL, task_main, &tasks[i]);
        if (error)
            work_die("pthread_create", error);
    }
    return tasks;
}

static uint64_t batch_finish(struct task *tasks)
{
    uint64_t sum = 0;
    for (int i = 0; i < TASKS_PER_BATCH; i++) {
        pthread_join(tasks[i].thread, NULL);
        sum += tasks[i].value;
        work_tally_add(&work_tally, &tasks[i].tally);
        free(tasks[i].scratch);
    }
    free(tasks);
    return sum;
}

static uint64_t workers_operate(struct work_random *random)
{
    return batch_finish(batch_start(random));
}

const struct subsystem workers_subsystem = {
    .name = "workers",
    .summary = "a batch of four threads is made and joined for every operation",
    .operations = 1000,
    .operate = workers_operate,
};
