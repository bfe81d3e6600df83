// SPDX-License-Identifier: MIT
// What looks like a deadlock and ends by itself: two waits of limited time for each other, or one;
// attempts in turn; a long wait; locks that their owner locks again.
// EXPECT: report["order"] == [] and report["misuse"] == []
// EXPECT: lock("a")["timeouts"] + lock("b")["timeouts"] in (1, 2)
// EXPECT: lock("c")["timeouts"] == 1 and lock("d")["contentions"] == 1
// EXPECT: lock("slow")["contentions"] == 1 and lock("slow")["wait_ns"] > 700000000
// EXPECT: lock("nested")["acquisitions"] == 2 and lock("checked")["acquisitions"] == 1
#include "steps.h"

#include <errno.h>

pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t c = PTHREAD_MUTEX_INITIALIZER, d = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t e = PTHREAD_MUTEX_INITIALIZER, f = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t slow = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t nested = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
pthread_mutex_t checked = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static atomic_int has_a, has_b, has_c, has_d, has_e, has_f, is_waiting;

static void limited(pthread_mutex_t *wanted, long ms)
{
    struct timespec until = in_ms(CLOCK_REALTIME, ms);

    if (pthread_mutex_timedlock(wanted, &until) == 0)
        pthread_mutex_unlock(wanted);
}

static void attempts(pthread_mutex_t *wanted)
{
    for (int i = 0; i < 200; i++) {
        if (pthread_mutex_trylock(wanted) == 0)
            pthread_mutex_unlock(wanted);
        sleep_ns(POLL_NS);
    }
}

static void take(pthread_mutex_t *mutex, atomic_int *ours, atomic_int *theirs)
{
    pthread_mutex_lock(mutex);
    come(ours);
    await(theirs);
}

void *one(void *unused)
{
    take(&a, &has_a, &has_b);
    limited(&b, 200);
    pthread_mutex_unlock(&a);

    take(&c, &has_c, &has_d);
    arrive(&is_waiting);
    pthread_mutex_lock(&d); // the other gives up
    pthread_mutex_unlock(&d);
    pthread_mutex_unlock(&c);

    take(&e, &has_e, &has_f);
    attempts(&f);
    pthread_mutex_unlock(&e);
    return unused;
}

void *other(void *unused)
{
    take(&b, &has_b, &has_a);
    limited(&a, 250);
    pthread_mutex_unlock(&b);

    take(&d, &has_d, &has_c);
    await_asleep(&is_waiting);
    limited(&c, 200);
    pthread_mutex_unlock(&d);

    take(&f, &has_f, &has_e);
    attempts(&e);
    pthread_mutex_unlock(&f);
    return unused;
}

void *patient(void *tid)
{
    arrive(tid);
    pthread_mutex_lock(&slow);
    pthread_mutex_unlock(&slow);
    return NULL;
}

int main(void)
{
    atomic_int tid = 0;
    pthread_t threads[] = {start(one, NULL), start(other, NULL), 0};

    pthread_mutex_lock(&nested);
    pthread_mutex_lock(&nested);
    pthread_mutex_unlock(&nested);
    pthread_mutex_unlock(&nested);
    pthread_mutex_lock(&checked);
    printf("%d\n", pthread_mutex_lock(&checked) == EDEADLK);
    pthread_mutex_unlock(&checked);
    pthread_mutex_lock(&slow);
    threads[2] = start(patient, &tid);
    await_asleep(&tid);
    sleep_ms(800);
    pthread_mutex_unlock(&slow);
    for (int i = 0; i < 3; i++)
        finish(threads[i]);
    return 0;
}
