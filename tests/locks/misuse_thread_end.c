// SPDX-License-Identifier: MIT
// Threads that end and still hold locks, by return, pthread_exit and cancellation. A robust mutex
// is made for that.
// EXPECT: sorted(m[:3] for m in misuse("thread ended holding it")) == [("book", 1, "write_it"), ("one", 1, "take"), ("other", 1, "take"), ("third", 1, "take")]
// EXPECT: len({m["thread"] for m in report["misuse"]}) == 4 and len(report["misuse"]) == 4
// EXPECT: lock("mortal")["owner_died"] == 1
#include "steps.h"

pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER, other = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t third = PTHREAD_MUTEX_INITIALIZER, released = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t mortal;
pthread_rwlock_t book = PTHREAD_RWLOCK_INITIALIZER;

void take(pthread_mutex_t *mutex)
{
    pthread_mutex_lock(mutex);
}

void write_it(void)
{
    pthread_rwlock_wrlock(&book);
}

void *return_with_it(void *unused)
{
    take(&released);
    take(&one);
    pthread_mutex_unlock(&released);
    return unused;
}

void *exit_with_it(void *unused)
{
    take(&other);
    pthread_exit(unused);
}

void *cancelled_with_it(void *unused)
{
    take(&third);
    pause();
    return unused;
}

void *writer(void *unused)
{
    write_it();
    return unused;
}

void *die_with_it(void *unused)
{
    pthread_mutex_lock(&mortal);
    return unused;
}

int main(void)
{
    pthread_mutexattr_t attributes;
    pthread_t thread;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&mortal, &attributes);
    run_alone(return_with_it, NULL);
    run_alone(exit_with_it, NULL);
    thread = start(cancelled_with_it, NULL);
    sleep_ms(20);
    while (pthread_mutex_trylock(&third) == 0) {
        pthread_mutex_unlock(&third);
        sleep_ms(1);
    }
    pthread_cancel(thread);
    finish(thread);
    run_alone(writer, NULL);
    run_alone(die_with_it, NULL);
    printf("%d\n", pthread_mutex_lock(&mortal));
    pthread_mutex_consistent(&mortal);
    pthread_mutex_unlock(&mortal);
    return 0;
}
