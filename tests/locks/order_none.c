// SPDX-License-Identifier: MIT
// What looks like two orders and can't become a deadlock: a second lock that is tried or waited for
// a limited time, a recursive lock taken again, locking a list hand over hand, and locks taken one
// after another but not at once.
// EXPECT: report["order"] == [] and report["misuse"] == []
// EXPECT: lock("nested")["acquisitions"] == 2 * 2 + 1
#include "order.h"

#define NODES 6

pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t c = PTHREAD_MUTEX_INITIALIZER, d = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t e = PTHREAD_MUTEX_INITIALIZER, f = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t nested = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
pthread_mutex_t inside = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t nodes[NODES];
pthread_rwlock_t book = PTHREAD_RWLOCK_INITIALIZER;

static void try_second(pthread_mutex_t *first, pthread_mutex_t *second)
{
    pthread_mutex_lock(first);
    pthread_mutex_trylock(second);
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
}

static void limit_second(pthread_mutex_t *first, pthread_mutex_t *second)
{
    struct timespec until = in_ms(CLOCK_REALTIME, 10000);

    pthread_mutex_lock(first);
    pthread_mutex_timedlock(second, &until);
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
}

// nested, inside, nested again: its owner does not wait for itself.
static void nest_again(void)
{
    pthread_mutex_lock(&nested);
    pthread_mutex_lock(&inside);
    pthread_mutex_lock(&nested);
    pthread_mutex_unlock(&nested);
    pthread_mutex_unlock(&inside);
    pthread_mutex_unlock(&nested);
}

static void walk(void)
{
    pthread_mutex_lock(&nodes[0]);
    for (int i = 1; i < NODES; i++) {
        pthread_mutex_lock(&nodes[i]);
        pthread_mutex_unlock(&nodes[i - 1]);
    }
    pthread_mutex_unlock(&nodes[NODES - 1]);
}

static void one_by_one(pthread_mutex_t *first, pthread_mutex_t *second)
{
    pthread_mutex_lock(first);
    pthread_mutex_unlock(first);
    pthread_mutex_lock(second);
    pthread_mutex_unlock(second);
}

void *forwards(void *unused)
{
    try_second(&a, &b);
    limit_second(&c, &d);
    nest_again();
    walk();
    one_by_one(&e, &f);
    pthread_rwlock_rdlock(&book);
    pthread_rwlock_rdlock(&book); // a reader may read twice
    pthread_rwlock_unlock(&book);
    pthread_rwlock_unlock(&book);
    return unused;
}

void *backwards(void *unused)
{
    try_second(&b, &a);
    limit_second(&d, &c);
    nest_again();
    walk();
    one_by_one(&f, &e);
    return unused;
}

void *last(void *unused)
{
    pthread_mutex_lock(&nested);
    pthread_mutex_unlock(&nested);
    return unused;
}

int main(void)
{
    in_threads(forwards, backwards);
    run_alone(last, NULL);
    return 0;
}
