// SPDX-License-Identifier: MIT
// Rwlocks in both orders: readers alone don't keep each other out, a writer does.
// EXPECT: [(o["kind"], o["why"]) for o in order("a", "b")] == [("order inconsistency", "read locks")]
// EXPECT: [o["kind"] for o in order("c", "d")] == ["potential deadlock"]
// EXPECT: [o["kind"] for o in order("e", "f")] == ["potential deadlock"]
// EXPECT: len(report["order"]) == 3 and all(l["kind"] == "rwlock" for o in order() for l in o["locks"])
#include "order.h"

pthread_rwlock_t a = PTHREAD_RWLOCK_INITIALIZER, b = PTHREAD_RWLOCK_INITIALIZER;
pthread_rwlock_t c = PTHREAD_RWLOCK_INITIALIZER, d = PTHREAD_RWLOCK_INITIALIZER;
pthread_rwlock_t e = PTHREAD_RWLOCK_INITIALIZER, f = PTHREAD_RWLOCK_INITIALIZER;

static void read_both(pthread_rwlock_t *first, pthread_rwlock_t *second)
{
    pthread_rwlock_rdlock(first);
    pthread_rwlock_rdlock(second);
    pthread_rwlock_unlock(second);
    pthread_rwlock_unlock(first);
}

static void write_both(pthread_rwlock_t *first, pthread_rwlock_t *second)
{
    pthread_rwlock_wrlock(first);
    pthread_rwlock_wrlock(second);
    pthread_rwlock_unlock(second);
    pthread_rwlock_unlock(first);
}

static void read_then_write(pthread_rwlock_t *first, pthread_rwlock_t *second)
{
    pthread_rwlock_rdlock(first);
    pthread_rwlock_wrlock(second);
    pthread_rwlock_unlock(second);
    pthread_rwlock_unlock(first);
}

void *forwards(void *unused)
{
    read_both(&a, &b);
    write_both(&c, &d);
    read_then_write(&e, &f);
    return unused;
}

void *backwards(void *unused)
{
    read_both(&b, &a);
    write_both(&d, &c);
    read_then_write(&f, &e);
    return unused;
}

int main(void)
{
    in_threads(forwards, backwards);
    return 0;
}
