// SPDX-License-Identifier: MIT
// A lock that was tried is held as any other: who then waits for a second one may deadlock. One
// tried second makes no edge in its direction, so the other direction alone is no circle.
// EXPECT: [o["kind"] for o in order("a", "b")] == ["potential deadlock"]
// EXPECT: edges(order("a", "b")[0]) == {("a", "b"): ("try_first", "try_first"), ("b", "a"): ("try_first", "try_first")}
// EXPECT: len(report["order"]) == 1
#include "order.h"

pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t c = PTHREAD_MUTEX_INITIALIZER, d = PTHREAD_MUTEX_INITIALIZER;

static void try_first(pthread_mutex_t *first, pthread_mutex_t *second)
{
    pthread_mutex_trylock(first);
    pthread_mutex_lock(second);
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
}

static void try_second(pthread_mutex_t *first, pthread_mutex_t *second)
{
    pthread_mutex_lock(first);
    pthread_mutex_trylock(second);
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
}

void *forwards(void *unused)
{
    try_first(&a, &b);
    nest(&c, &d);
    return unused;
}

void *backwards(void *unused)
{
    try_first(&b, &a);
    try_second(&d, &c);
    return unused;
}

int main(void)
{
    in_threads(forwards, backwards);
    return 0;
}
