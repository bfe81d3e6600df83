// SPDX-License-Identifier: MIT
// Threads are cancelled while they wait; their cleanup handlers destroy what they waited for, which
// is right: nobody waits for it any more. That they have the mutex again is not counted.
// EXPECT: report["misuse"] == [] and report["order"] == []
// EXPECT: lock("mutex")["acquisitions"] == 2
// EXPECT: [len([l for l in report["locks"] if l["name"] == n]) for n in ("permits", "changed")] == [2, 2]
// EXPECT: not any(health["dropped"].values())
#include "steps.h"

#include <semaphore.h>

#define LONG_MS 60000

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t changed;
sem_t permits;

static void destroy_semaphore(void *unused)
{
    (void)unused;
    sem_destroy(&permits);
}

static void destroy_condition(void *unused)
{
    (void)unused;
    pthread_mutex_unlock(&mutex);
    pthread_cond_destroy(&changed);
}

void *wait_semaphore(void *tid)
{
    pthread_cleanup_push(destroy_semaphore, NULL);
    arrive(tid);
    sem_wait(&permits);
    pthread_cleanup_pop(0);
    return NULL;
}

void *wait_semaphore_limited(void *tid)
{
    struct timespec until = in_ms(CLOCK_REALTIME, LONG_MS);

    pthread_cleanup_push(destroy_semaphore, NULL);
    arrive(tid);
    sem_timedwait(&permits, &until);
    pthread_cleanup_pop(0);
    return NULL;
}

void *wait_condition(void *tid)
{
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(destroy_condition, NULL);
    arrive(tid);
    pthread_cond_wait(&changed, &mutex);
    pthread_cleanup_pop(0);
    return NULL;
}

void *wait_condition_limited(void *tid)
{
    struct timespec until = in_ms(CLOCK_REALTIME, LONG_MS);

    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(destroy_condition, NULL);
    arrive(tid);
    pthread_cond_timedwait(&changed, &mutex, &until);
    pthread_cleanup_pop(0);
    return NULL;
}

static void cancel_in(thread_body wait_in)
{
    atomic_int tid = 0;
    pthread_t thread = start(wait_in, &tid);
    void *result;

    await_asleep(&tid);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    printf("%d\n", result == PTHREAD_CANCELED);
}

int main(void)
{
    sem_init(&permits, 0, 0);
    cancel_in(wait_semaphore);
    sem_init(&permits, 0, 0);
    cancel_in(wait_semaphore_limited);
    pthread_cond_init(&changed, NULL);
    cancel_in(wait_condition);
    pthread_cond_init(&changed, NULL);
    cancel_in(wait_condition_limited);
    return 0;
}
