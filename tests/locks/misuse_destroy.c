// SPDX-License-Identifier: MIT
// Locks that are destroyed while a thread holds them; the C library tells of some.
// EXPECT: sorted(m[:3] for m in misuse("destroyed while held")) == [("book", 1, "destroy_book"), ("mutex", 1, "destroy_mutex")]
// EXPECT: len(report["misuse"]) == 2
#include "steps.h"

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_rwlock_t book = PTHREAD_RWLOCK_INITIALIZER;

void take_mutex(void)
{
    pthread_mutex_lock(&mutex);
}

void destroy_mutex(void)
{
    printf("%d\n", pthread_mutex_destroy(&mutex));
}

void read_book(void)
{
    pthread_rwlock_rdlock(&book);
}

void destroy_book(void)
{
    pthread_rwlock_destroy(&book);
}

int main(void)
{
    take_mutex();
    destroy_mutex();
    read_book();
    destroy_book();
    return 0;
}
