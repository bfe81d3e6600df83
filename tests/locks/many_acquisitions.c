// SPDX-License-Identifier: MIT
// Ten million acquisitions by two threads, of locks of their own and of a common one: each counted.
// SCALE in the environment multiplies: 10 for 10^8.
// EXPECT: lock("common")["acquisitions"] == int(stdout) // 5 and lock("common")["kind"] == "mutex"
// EXPECT: [lock(n)["acquisitions"] for n in ("mine", "yours")] == [int(stdout) // 5] * 2
// EXPECT: [lock(n)["contentions"] for n in ("mine", "yours")] == [0, 0]
// EXPECT: lock("book")["acquisitions"] == int(stdout) // 5 and lock("book")["contentions"] == 0
// EXPECT: lock("permits")["acquisitions"] == int(stdout) // 5
// EXPECT: sum(l["acquisitions"] for l in report["locks"] if l["kind"] != "join") == int(stdout) >= 10**7
// EXPECT: lock("common")["owner_changes"] >= 1 and profile_bytes <= 8 << 20
// EXPECT: not any(health["dropped"].values()) and health["complete"]
#include "steps.h"

#include <semaphore.h>

pthread_mutex_t mine = PTHREAD_MUTEX_INITIALIZER, yours = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t common = PTHREAD_MUTEX_INITIALIZER;
pthread_rwlock_t book = PTHREAD_RWLOCK_INITIALIZER;
sem_t permits;
static long rounds;

static void *work(void *own)
{
    for (long i = 0; i < rounds; i++) {
        pthread_mutex_lock(own);
        pthread_mutex_unlock(own);
        pthread_mutex_lock(own);
        pthread_mutex_unlock(own);
        pthread_mutex_lock(&common);
        pthread_mutex_unlock(&common);
        pthread_rwlock_rdlock(&book);
        pthread_rwlock_unlock(&book);
        sem_wait(&permits);
        sem_post(&permits);
    }
    return NULL;
}

int main(void)
{
    const char *scale = getenv("SCALE");
    pthread_t other;

    rounds = (scale ? atol(scale) : 1) * 1000000;
    sem_init(&permits, 0, 2);
    other = start(work, &yours);
    work(&mine);
    finish(other);
    printf("%ld\n", rounds * 10);
    return 0;
}
