// SPDX-License-Identifier: MIT
// Eight threads use locks of every kind in every way that is right, at random and in one order:
// nothing is reported, and every acquisition is counted.
// EXPECT: report["order"] == [] and report["misuse"] == []
// EXPECT: [lock("mutexes" + (f"+{40 * i}" if i else ""))["acquisitions"] for i in range(6)] == list(map(int, stdout.split()[:6]))
// EXPECT: [lock(n)["acquisitions"] for n in ("book", "turning", "permits", "nested")] == list(map(int, stdout.split()[6:10]))
// EXPECT: sum(l["try_failed"] for l in report["locks"]) == int(stdout.split()[10])
// EXPECT: sum(l["timeouts"] for l in report["locks"] if l["kind"] == "mutex") == int(stdout.split()[11])
// EXPECT: not any(health["dropped"].values())
// OUTPUT: varies
#include "steps.h"

#include <semaphore.h>

#define THREADS 8
#define ROUNDS 20000
#define MUTEXES 6

enum { BOOK = MUTEXES, TURNING, PERMITS, NESTED, TRY_FAILED, TIMEOUTS, COUNTS };

pthread_mutex_t mutexes[MUTEXES], nested = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
pthread_rwlock_t book = PTHREAD_RWLOCK_INITIALIZER;
pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
pthread_spinlock_t turning;
sem_t permits;
static atomic_long counts[COUNTS];
static atomic_int all_are_there;

static unsigned draw(unsigned *random, unsigned below)
{
    *random = *random * 1664525u + 1013904223u;
    return (*random >> 16) % below;
}

static void several(unsigned *random)
{
    int taken[MUTEXES], count = 0;

    for (int i = 0; i < MUTEXES; i++) // in one order
        if (draw(random, 2)) {
            pthread_mutex_lock(&mutexes[i]);
            counts[i]++;
            taken[count++] = i;
        }
    if (count && draw(random, 4) == 0) {
        pthread_rwlock_rdlock(&book); // after all mutexes
        counts[BOOK]++;
        pthread_rwlock_unlock(&book);
    }
    if (draw(random, 16) == 0)
        sched_yield();
    while (count) {
        int which = (int)draw(random, (unsigned)count); // released in any order

        pthread_mutex_unlock(&mutexes[taken[which]]);
        taken[which] = taken[--count];
    }
}

static void attempts(unsigned *random)
{
    int first = (int)draw(random, MUTEXES), second = (int)draw(random, MUTEXES);
    struct timespec soon = in_ms(CLOCK_REALTIME, 1);

    pthread_mutex_lock(&mutexes[first]);
    counts[first]++;
    if (draw(random, 2) || first == second) {
        if (pthread_mutex_trylock(&mutexes[second]) == 0) {
            counts[second]++;
            pthread_mutex_unlock(&mutexes[second]);
        } else {
            counts[TRY_FAILED]++;
        }
    } else if (pthread_mutex_timedlock(&mutexes[second], &soon) == 0) {
        counts[second]++;
        pthread_mutex_unlock(&mutexes[second]);
    } else {
        counts[TIMEOUTS]++;
    }
    pthread_mutex_unlock(&mutexes[first]);
}

static void wait_a_little(unsigned *random)
{
    pthread_mutex_t *mutex = &mutexes[0];
    struct timespec soon = in_ms(CLOCK_REALTIME, 1);

    pthread_mutex_lock(mutex);
    if (draw(random, 2))
        pthread_cond_broadcast(&changed);
    pthread_cond_timedwait(&changed, mutex, &soon);
    counts[0] += 2;
    pthread_mutex_unlock(mutex);
}

static void others(unsigned *random)
{
    sem_wait(&permits);
    pthread_rwlock_wrlock(&book);
    pthread_spin_lock(&turning);
    if (draw(random, 64) == 0)
        sched_yield();
    pthread_spin_unlock(&turning);
    pthread_rwlock_unlock(&book);
    sem_post(&permits);
    pthread_mutex_lock(&nested);
    pthread_mutex_lock(&nested);
    pthread_mutex_unlock(&nested);
    pthread_mutex_unlock(&nested);
    counts[PERMITS]++;
    counts[BOOK]++;
    counts[TURNING]++;
    counts[NESTED] += 2;
}

void *body(void *seed)
{
    unsigned random = (unsigned)(long)seed;

    await(&all_are_there);
    for (int i = 0; i < ROUNDS; i++) {
        unsigned what = draw(&random, 100);

        if (what < 60)
            several(&random);
        else if (what < 80)
            attempts(&random);
        else if (what < 99)
            others(&random);
        else
            wait_a_little(&random);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];

    pthread_spin_init(&turning, PTHREAD_PROCESS_PRIVATE);
    sem_init(&permits, 0, 2);
    for (long i = 0; i < THREADS; i++)
        threads[i] = start(body, (void *)(i + 1));
    come(&all_are_there);
    for (int i = 0; i < THREADS; i++)
        finish(threads[i]);
    for (int i = 0; i < COUNTS; i++)
        printf("%ld ", counts[i]);
    return 0;
}
