// SPDX-License-Identifier: MIT
// Waits for a mutex: how often, how long, from where. Uncontended locking counts no wait.
// EXPECT: lock("fought")["contentions"] == 5 and lock("fought")["acquisitions"] == 10
// EXPECT: abs(lock("fought")["wait_ns"] / int(stdout.split()[1]) - 1) < 0.05
// EXPECT: lock("fought")["wait_max_ns"] <= lock("fought")["wait_ns"]
// EXPECT: [(w["stack"][0]["function"], w["count"]) for w in lock("fought")["waiters"]] == [("wait_for_it", 5)]
// EXPECT: lock("quiet")["acquisitions"] == 1000 and lock("quiet")["contentions"] == 0
// EXPECT: lock("quiet")["wait_ns"] == 0
// EXPECT: sum(t["lock_wait_ns"] for t in threads["records"]) == lock("fought")["wait_ns"] + lock("held")["wait_ns"]
// The program prints the times it waited itself, so the outputs are not compared.
// OUTPUT: varies
#include "../await.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

pthread_mutex_t fought = PTHREAD_MUTEX_INITIALIZER, quiet = PTHREAD_MUTEX_INITIALIZER;
static sem_t held;
static long waited_ns;

static long now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000L + now.tv_nsec;
}

void wait_for_it(void)
{
    long start = now_ns();

    pthread_mutex_lock(&fought);
    waited_ns += now_ns() - start;
    pthread_mutex_unlock(&fought);
}

void *waiter(void *unused)
{
    sem_wait(&held);
    wait_for_it();
    return unused;
}

int main(void)
{
    pthread_t thread;

    sem_init(&held, 0, 0);
    for (int i = 0; i < 5; i++) {
        pthread_create(&thread, NULL, waiter, NULL);
        pthread_mutex_lock(&fought);
        sem_post(&held);
        await_contended(&fought);
        usleep(100000);
        pthread_mutex_unlock(&fought);
        pthread_join(thread, NULL);
    }
    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&quiet);
        pthread_mutex_unlock(&quiet);
    }
    printf("waited %ld\n", waited_ns);
    return 0;
}
