// SPDX-License-Identifier: MIT
// Locks that a thread holds when its function ends, and that it releases after that: in a
// destructor of its thread-specific data, or in a cleanup handler of a cancellation. Another thread
// waits for them meanwhile. That is right.
// EXPECT: report["misuse"] == [] and report["order"] == []
// EXPECT: lock("by_key")["acquisitions"] == lock("by_cleanup")["acquisitions"] == 2
// EXPECT: lock("by_key")["contentions"] == lock("by_cleanup")["contentions"] == 1
// EXPECT: list(holders("by_key")) == ["release_slowly"] and list(holders("by_cleanup")) == ["release_slowly"]
#include "steps.h"

pthread_mutex_t by_key = PTHREAD_MUTEX_INITIALIZER, by_cleanup = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t key;
static atomic_int is_held[2], waiters[2];

void release_slowly(void *mutex)
{
    sleep_ms(100);
    pthread_mutex_unlock(mutex);
}

void *return_with_it(void *unused)
{
    pthread_mutex_lock(&by_key);
    pthread_setspecific(key, &by_key);
    come(&is_held[0]);
    await_asleep(&waiters[0]);
    return unused;
}

void *cancelled_with_it(void *unused)
{
    pthread_mutex_lock(&by_cleanup);
    pthread_cleanup_push(release_slowly, &by_cleanup);
    come(&is_held[1]);
    pause();
    pthread_cleanup_pop(0);
    return unused;
}

void *waiter(void *argument)
{
    long which = (long)argument;
    pthread_mutex_t *mutex = which ? &by_cleanup : &by_key;

    arrive(&waiters[which]);
    pthread_mutex_lock(mutex);
    pthread_mutex_unlock(mutex);
    return NULL;
}

int main(void)
{
    pthread_t threads[4];

    pthread_key_create(&key, release_slowly);
    threads[0] = start(return_with_it, NULL);
    threads[1] = start(cancelled_with_it, NULL);
    for (long i = 0; i < 2; i++) {
        await(&is_held[i]);
        threads[2 + i] = start(waiter, (void *)i);
        await_asleep(&waiters[i]);
    }
    pthread_cancel(threads[1]);
    for (int i = 0; i < 4; i++)
        finish(threads[i]);
    return 0;
}
