// SPDX-License-Identifier: MIT
// Time-outs of a condition are waits too. A broadcast lets several waiters go, one after another.
// EXPECT: lock("never")["waits"] == lock("never")["timeouts"] == 2 and lock("never")["handoff_ns"] == 0
// EXPECT: about(lock("never")["idle_ns"], stdout.split()[-2])
// EXPECT: lock("all")["waits"] == 3 and lock("all")["timeouts"] == 0
// EXPECT: about(lock("all")["idle_ns"], stdout.split()[-1])
// EXPECT: lock("mutex")["acquisitions"] == 1 + 2 + 3 + 3 + 1 and lock("mutex")["contentions"] == 0
// EXPECT: 3 * 40000000 < lock("all")["handoff_ns"] < lock("all")["idle_ns"]
// EXPECT: report["misuse"] == [] and report["order"] == []
// OUTPUT: varies
#include "steps.h"

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t never = PTHREAD_COND_INITIALIZER, all = PTHREAD_COND_INITIALIZER;
static atomic_int waits[3];
static atomic_long idle_ns;
static int is_over;

static long time_out(void)
{
    struct timespec until = in_ms(CLOCK_REALTIME, 60);
    long began;

    pthread_mutex_lock(&mutex);
    began = now_ns();
    printf("%d ", pthread_cond_timedwait(&never, &mutex, &until) == 0);
    until = in_ms(CLOCK_MONOTONIC, 60);
    printf("%d ", pthread_cond_clockwait(&never, &mutex, CLOCK_MONOTONIC, &until) == 0);
    began = now_ns() - began;
    pthread_mutex_unlock(&mutex);
    return began;
}

void *waiter(void *argument)
{
    long began;

    pthread_mutex_lock(&mutex);
    arrive(argument);
    began = now_ns();
    while (!is_over)
        pthread_cond_wait(&all, &mutex);
    idle_ns += now_ns() - began;
    pthread_mutex_unlock(&mutex);
    return NULL;
}

int main(void)
{
    long timed_ns = time_out();
    pthread_t threads[3];

    for (int i = 0; i < 3; i++) {
        threads[i] = start(waiter, &waits[i]);
        await_asleep(&waits[i]);
    }
    sleep_ms(50);
    pthread_mutex_lock(&mutex);
    is_over = 1;
    pthread_cond_broadcast(&all);
    sleep_ms(50);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < 3; i++)
        finish(threads[i]);
    printf("\n%ld %ld\n", timed_ns, idle_ns);
    return 0;
}
