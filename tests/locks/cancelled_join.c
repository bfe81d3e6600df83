// SPDX-License-Identifier: MIT
// A thread that holds a mutex is cancelled while it joins another. That one waits for the mutex
// then, until the first one's cleanup handler unlocks it: no deadlock.
// EXPECT: report["order"] == [] and report["misuse"] == []
// EXPECT: lock("mutex")["acquisitions"] == 2 and lock("mutex")["contentions"] == 1
// EXPECT: about(lock("mutex")["wait_ns"], 200000000, 0.5)
#include "steps.h"

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_int joiner, wanter, is_cancelled;
static pthread_t joined;

static void clean_up(void *unused)
{
    (void)unused;
    come(&is_cancelled);
    await_asleep(&wanter);
    sleep_ms(200);
    pthread_mutex_unlock(&mutex);
}

void *want(void *unused)
{
    await(&is_cancelled);
    arrive(&wanter);
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    return unused;
}

void *hold_and_join(void *unused)
{
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(clean_up, NULL);
    arrive(&joiner);
    pthread_join(joined, NULL);
    pthread_cleanup_pop(0);
    return unused;
}

int main(void)
{
    pthread_t cancelled;

    joined = start(want, NULL);
    cancelled = start(hold_and_join, NULL);
    await_asleep(&joiner);
    pthread_cancel(cancelled);
    finish(cancelled);
    finish(joined);
    return 0;
}
