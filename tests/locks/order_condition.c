// SPDX-License-Identifier: MIT
// A condition wait takes its mutex again at its end, with whatever else the thread holds: that is
// an order too, the only one of its kind here. A wait with nothing else held is none.
// EXPECT: len(report["order"]) == 1 and [o["kind"] for o in order("box", "key")] == ["potential deadlock"]
// EXPECT: edges(order()[0]) == {("box", "key"): ("nest", "nest"), ("key", "box"): ("wait_with_key", "wait_with_key")}
// EXPECT: lock("box")["acquisitions"] == 1 + 1 + 1 + 1 and lock("quiet")["acquisitions"] == 3
#include "order.h"

pthread_mutex_t box = PTHREAD_MUTEX_INITIALIZER, key = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t quiet = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t changed = PTHREAD_COND_INITIALIZER, never = PTHREAD_COND_INITIALIZER;
static atomic_int tid;
static int is_changed;

void *in_order(void *unused)
{
    nest(&box, &key);
    return unused;
}

void wait_with_key(void)
{
    pthread_mutex_lock(&box);
    pthread_mutex_lock(&key);
    arrive(&tid);
    while (!is_changed)
        pthread_cond_wait(&changed, &box);
    pthread_mutex_unlock(&key);
    pthread_mutex_unlock(&box);
}

void *waiter(void *unused)
{
    wait_with_key();
    return unused;
}

void *quiet_waiter(void *unused)
{
    struct timespec until = in_ms(CLOCK_REALTIME, 10);

    pthread_mutex_lock(&quiet);
    pthread_cond_timedwait(&never, &quiet, &until);
    until = in_ms(CLOCK_REALTIME, 10);
    pthread_cond_timedwait(&never, &quiet, &until);
    pthread_mutex_unlock(&quiet);
    return unused;
}

int main(void)
{
    pthread_t thread;

    run_alone(in_order, NULL);
    thread = start(waiter, NULL);
    await_asleep(&tid);
    pthread_mutex_lock(&box);
    is_changed = 1;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&box);
    finish(thread);
    run_alone(quiet_waiter, NULL);
    return 0;
}
