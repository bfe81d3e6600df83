// SPDX-License-Identifier: MIT
// As order_wrappers, but both locks are taken at the same depth of the stack by the same wrapper,
// long after the first times, when stacks are captured no more: what had returned is said to have,
// and no more.
// EXPECT: [o["kind"] for o in order("a", "b")] == ["potential deadlock"] and len(report["order"]) == 1
// EXPECT: edges(order()[0]) == {("a", "b"): ("lock_wrapped", "lock_wrapped"), ("b", "a"): ("lock_wrapped", "lock_wrapped")}
// EXPECT: all("run_one" in functions(e["stack_to"]) for e in order()[0]["edges"])
// EXPECT: all("prepare" not in functions(e["stack_to"]) and "complete" in functions(e["stack_to"]) for e in order()[0]["edges"])
// EXPECT: all(functions(e["stack_from"]) == ["lock_wrapped", "[returned]"] for e in order()[0]["edges"])
#include "order.h"

#define EARLIER 1000 // acquisitions of the locks before

pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t *const forwards[] = {&a, &b}, *const backwards[] = {&b, &a};

void lock_wrapped(pthread_mutex_t *mutex)
{
    pthread_mutex_lock(mutex);
}

void unlock_wrapped(pthread_mutex_t *mutex)
{
    pthread_mutex_unlock(mutex);
}

void prepare(pthread_mutex_t *mutex)
{
    lock_wrapped(mutex);
}

void complete(pthread_mutex_t *mutex)
{
    lock_wrapped(mutex);
    unlock_wrapped(mutex);
}

void *run_one(void *argument)
{
    pthread_mutex_t **both = argument;

    for (int i = 0; i < EARLIER; i++) {
        lock_wrapped(both[0]);
        unlock_wrapped(both[0]);
    }
    prepare(both[0]);
    complete(both[1]);
    unlock_wrapped(both[0]);
    return NULL;
}

int main(void)
{
    run_alone(run_one, (void *)forwards);
    run_alone(run_one, (void *)backwards);
    return 0;
}
