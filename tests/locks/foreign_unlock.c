// SPDX-License-Identifier: MIT
// Two mutexes as binary semaphores: one thread locks, another unlocks, twenty thousand times in
// turn. It is undefined, works, and ends; no more than a few times does it look like a deadlock.
// EXPECT: len([o for o in report["order"] if o["kind"] == "deadlock"]) <= 3
// EXPECT: lock("ping")["acquisitions"] == lock("pong")["acquisitions"] == 20001
// EXPECT: sorted(m[:3] for m in misuse("unlock of another thread's lock")) == [("ping", 19999, "main"), ("pong", 20000, "answer")]
// EXPECT: [m[:3] for m in misuse("thread ended holding it")] == [("ping", 1, "answer")]
// EXPECT: health["complete"]
// OUTPUT: varies
#include "steps.h"

#define TURNS 20000

pthread_mutex_t ping = PTHREAD_MUTEX_INITIALIZER, pong = PTHREAD_MUTEX_INITIALIZER;

void *answer(void *unused)
{
    for (int i = 0; i < TURNS; i++) {
        pthread_mutex_lock(&ping);
        pthread_mutex_unlock(&pong);
    }
    return unused;
}

int main(void)
{
    pthread_t thread;

    pthread_mutex_lock(&ping);
    pthread_mutex_lock(&pong);
    thread = start(answer, NULL);
    for (int i = 0; i < TURNS; i++) {
        pthread_mutex_unlock(&ping);
        pthread_mutex_lock(&pong);
    }
    finish(thread);
    return 0;
}
