// SPDX-License-Identifier: MIT
// A circle of a mutex, an rwlock and a spin lock, by three threads; and one with a lock of C11.
// EXPECT: len(report["order"]) == 2 and all(o["kind"] == "potential deadlock" for o in order())
// EXPECT: set(edges(order("mutex", "book", "turning")[0])) == {("mutex", "book"), ("book", "turning"), ("turning", "mutex")}
// EXPECT: sorted(l["kind"] for l in order("mutex", "book", "turning")[0]["locks"]) == ["mutex", "rwlock", "spin"]
// EXPECT: len(order("standard", "shared")) == 1
#include "order.h"

#include <threads.h>

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_rwlock_t book = PTHREAD_RWLOCK_INITIALIZER, shared = PTHREAD_RWLOCK_INITIALIZER;
pthread_spinlock_t turning;
mtx_t standard;

void *mutex_then_book(void *unused)
{
    pthread_mutex_lock(&mutex);
    pthread_rwlock_wrlock(&book);
    pthread_rwlock_unlock(&book);
    pthread_mutex_unlock(&mutex);
    mtx_lock(&standard);
    pthread_rwlock_wrlock(&shared);
    pthread_rwlock_unlock(&shared);
    mtx_unlock(&standard);
    return unused;
}

void *book_then_turning(void *unused)
{
    pthread_rwlock_rdlock(&book);
    pthread_spin_lock(&turning);
    pthread_spin_unlock(&turning);
    pthread_rwlock_unlock(&book);
    pthread_rwlock_rdlock(&shared);
    mtx_lock(&standard);
    mtx_unlock(&standard);
    pthread_rwlock_unlock(&shared);
    return unused;
}

void *turning_then_mutex(void *unused)
{
    pthread_spin_lock(&turning);
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    pthread_spin_unlock(&turning);
    return unused;
}

int main(void)
{
    pthread_spin_init(&turning, PTHREAD_PROCESS_PRIVATE);
    mtx_init(&standard, mtx_plain);
    in_threads(mutex_then_book, book_then_turning);
    run_alone(turning_then_mutex, NULL);
    return 0;
}
