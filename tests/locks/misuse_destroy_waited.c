// SPDX-License-Identifier: MIT
// A condition and a semaphore are destroyed while a thread waits for them.
// EXPECT: sorted(m[:3] for m in misuse("destroyed while waited on")) == [("changed", 1, "destroy_condition"), ("permits", 1, "destroy_semaphore")]
// EXPECT: len(report["misuse"]) == 2
#include "steps.h"

#include <semaphore.h>

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
sem_t permits;
static atomic_int tids[2];

void *wait_for_change(void *unused)
{
    struct timespec until;

    pthread_mutex_lock(&mutex);
    until = in_ms(CLOCK_REALTIME, 300);
    arrive(&tids[0]);
    pthread_cond_timedwait(&changed, &mutex, &until);
    pthread_mutex_unlock(&mutex);
    return unused;
}

void *wait_for_permit(void *unused)
{
    arrive(&tids[1]);
    sem_wait(&permits);
    return unused;
}

void destroy_condition(void)
{
    pthread_cond_destroy(&changed); // glibc's waits for the waiter
}

void destroy_semaphore(void)
{
    sem_destroy(&permits);
}

int main(void)
{
    pthread_t threads[2] = {start(wait_for_change, NULL)};

    await_asleep(&tids[0]);
    destroy_condition();
    sem_init(&permits, 0, 0);
    threads[1] = start(wait_for_permit, NULL);
    await_asleep(&tids[1]);
    destroy_semaphore();
    sem_post(&permits);
    finish(threads[0]);
    finish(threads[1]);
    return 0;
}
