// SPDX-License-Identifier: MIT
// A thousand threads use one lock at the same time: every acquisition is counted.
// EXPECT: lock("mutex")["acquisitions"] == 1000 * 50 + 1 and lock("turning")["acquisitions"] == 1000
// EXPECT: lock("book")["acquisitions"] == 1000 * 50 + 1
// EXPECT: int(stdout) == 1000 * 50
// EXPECT: lock("gate")["waits"] in (1000, 1001)
// EXPECT: lock("mutex")["contentions"] >= 100
// EXPECT: not any(health["dropped"].values()) and health["complete"]
// EXPECT: report["misuse"] == [] and report["order"] == []
#include "steps.h"

#define THREADS 1000
#define TIMES 50

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_rwlock_t book = PTHREAD_RWLOCK_INITIALIZER;
pthread_spinlock_t turning;
pthread_barrier_t gate;
static atomic_int tids[THREADS];
static long count;

void *body(void *tid)
{
    arrive(tid);
    pthread_mutex_lock(&mutex); // the first waits for all
    count++;
    pthread_mutex_unlock(&mutex);
    pthread_barrier_wait(&gate);
    for (int i = 1; i < TIMES; i++) {
        pthread_mutex_lock(&mutex);
        count++;
        pthread_mutex_unlock(&mutex);
    }
    for (int i = 0; i < TIMES; i++) {
        pthread_rwlock_rdlock(&book);
        pthread_rwlock_unlock(&book);
    }
    pthread_spin_lock(&turning);
    pthread_spin_unlock(&turning);
    return NULL;
}

int main(void)
{
    static pthread_t threads[THREADS];
    pthread_attr_t small;

    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 << 10);
    pthread_spin_init(&turning, PTHREAD_PROCESS_PRIVATE);
    pthread_barrier_init(&gate, NULL, THREADS + 1);
    pthread_rwlock_wrlock(&book);
    pthread_rwlock_unlock(&book);
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], &small, body, &tids[i]) != 0)
            abort();
    for (int i = 0; i < THREADS; i++)
        await(&tids[i]);
    sleep_ms(20);
    pthread_mutex_unlock(&mutex);
    pthread_barrier_wait(&gate);
    for (int i = 0; i < THREADS; i++)
        finish(threads[i]);
    printf("%ld\n", count);
    return 0;
}
