// SPDX-License-Identifier: MIT
// What each thread waited for locks of all kinds; waits for conditions, barriers and threads are
// not among it.
// EXPECT: [about(t["lock_wait_ns"], stdout.split()[i]) for i, f in enumerate(("start_one", "start_two")) for t in thread(f)] == [True, True]
// EXPECT: threads["records"][0]["lock_wait_ns"] == 0
// EXPECT: sum(t["lock_wait_ns"] for t in threads["records"]) == lock("mutex")["wait_ns"] + lock("book")["wait_ns"] + lock("permits")["wait_ns"]
// OUTPUT: varies
#include "steps.h"

#include <semaphore.h>

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_rwlock_t book = PTHREAD_RWLOCK_INITIALIZER;
sem_t permits;
pthread_barrier_t gate;
static atomic_int on_mutex[2], on_book[2], on_permit[2];
static long waited_ns[2];

void *waiter(void *argument)
{
    int i = (int)(long)argument;
    long began;

    arrive(&on_mutex[i]);
    began = now_ns();
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    waited_ns[i] += now_ns() - began;
    arrive(&on_book[i]);
    began = now_ns();
    pthread_rwlock_rdlock(&book);
    pthread_rwlock_unlock(&book);
    waited_ns[i] += now_ns() - began;
    if (i == 1) { // only the second
        arrive(&on_permit[i]);
        began = now_ns();
        sem_wait(&permits);
        waited_ns[i] += now_ns() - began;
    }
    pthread_barrier_wait(&gate);
    return NULL;
}

pthread_t start_one(void)
{
    return start(waiter, (void *)0L);
}

pthread_t start_two(void)
{
    return start(waiter, (void *)1L);
}

int main(void)
{
    pthread_t threads[2];

    sem_init(&permits, 0, 0);
    pthread_barrier_init(&gate, NULL, 3);
    pthread_mutex_lock(&mutex);
    pthread_rwlock_wrlock(&book);
    threads[0] = start_one();
    threads[1] = start_two();
    await_asleep(&on_mutex[0]);
    await_asleep(&on_mutex[1]);
    sleep_ms(40);
    pthread_mutex_unlock(&mutex);
    await_asleep(&on_book[0]);
    await_asleep(&on_book[1]);
    sleep_ms(40);
    pthread_rwlock_unlock(&book);
    await_asleep(&on_permit[1]);
    sleep_ms(80);
    sem_post(&permits);
    pthread_barrier_wait(&gate);
    for (int i = 0; i < 2; i++)
        finish(threads[i]);
    printf("%ld %ld\n", waited_ns[0], waited_ns[1]);
    return 0;
}
