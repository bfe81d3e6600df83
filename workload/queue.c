// SPDX-License-Identifier: MIT
//
// A bounded queue: one feeder allocates an item at a time, the threads take them one by one and
// free them. Feeder and takers share a mutex and two conditions.
// What a profile shows: a wake-up and an allocation per item, freed by a thread that did not make
// it. What helps: to hand over batches, and to recycle items.
#include "workload/subsystem.h"

#include <pthread.h>
#include <stdbool.h>

#define QUEUE_LIMIT 64
#define PAYLOAD_BYTES 200

struct item {
    struct item *next;
    unsigned char payload[PAYLOAD_BYTES];
};

// length is the number of items from head on; tail is meaningless while it is 0.
struct queue {
    pthread_mutex_t lock;
    pthread_cond_t not_empty;
    pthread_cond_t not_full;
    struct item *head;
    struct item *tail;
    unsigned length;
    bool closed;
};

static struct queue queue = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .not_empty = PTHREAD_COND_INITIALIZER,
    .not_full = PTHREAD_COND_INITIALIZER,
};

static pthread_t feeder;
static struct work_tally feeder_tally;

static void queue_append(struct item *item)
{
    item->next = NULL;
    if (queue.length++ == 0)
        queue.head = item;
    else
        queue.tail->next = item;
    queue.tail = item;
}

// False, with the item still the caller's, if the queue has been closed.
static bool queue_put(struct item *item)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.length == QUEUE_LIMIT && !queue.closed)
        pthread_cond_wait(&queue.not_full, &queue.lock);
    bool open = !queue.closed;
    if (open)
        queue_append(item);
    pthread_mutex_unlock(&queue.lock);
    pthread_cond_signal(&queue.not_empty);
    return open;
}

static struct item *queue_take(void)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.length == 0)
        pthread_cond_wait(&queue.not_empty, &queue.lock);
    struct item *item = queue.head;
    queue.head = item->next;
    queue.length--;
    pthread_mutex_unlock(&queue.lock);
    pthread_cond_signal(&queue.not_full);
    return item;
}

static void queue_close(void)
{
    pthread_mutex_lock(&queue.lock);
    queue.closed = true;
    pthread_mutex_unlock(&queue.lock);
    pthread_cond_signal(&queue.not_full);
}

static struct item *item_new(struct work_random *random)
{
    struct item *item = work_malloc(sizeof *item);
    work_fill(item->payload, PAYLOAD_BYTES, work_random_next(random));
    return item;
}

// Feeds as many items as all threads together will take, or until the queue is closed.
static void *feeder_main(void *argument)
{
    const struct work_plan *plan = argument;
    struct work_random random = {plan->seed};
    bool endless = plan->operations == UINT64_MAX;
    uint64_t left = plan->operations * plan->threads;
    while (endless || left-- > 0) {
        struct item *item = item_new(&random);
        if (!queue_put(item)) {
            free(item);
            break;
        }
    }
    feeder_tally = work_tally;
    return NULL;
}

static void queue_begin(const struct work_plan *plan)
{
    queue.closed = false;
    int error = pthread_create(&feeder, NULL, feeder_main, (void *)plan);
    if (error)
        work_die("pthread_create", error);
    pthread_setname_np(feeder, "queue-feeder");
}

static uint64_t queue_operate(struct work_random *random)
{
    (void)random;
    struct item *item = queue_take();
    uint64_t digest = work_digest(item->payload, PAYLOAD_BYTES);
    free(item);
    return digest;
}

// Items are left only if time ended the run.
static uint64_t queue_end(void)
{
    queue_close();
    pthread_join(feeder, NULL);
    work_tally_add(&work_tally, &feeder_tally);
    while (queue.length > 0)
        free(queue_take());
    return 0;
}

const struct subsystem queue_subsystem = {
    .name = "queue",
    .summary = "a bounded queue, fed and emptied one allocated item at a time",
    .operations = 40000,
    .begin = queue_begin,
    .end = queue_end,
    .operate = queue_operate,
};
