// SPDX-License-Identifier: MIT
//
// waits.c - one thread holds a mutex until another is seen to wait for it, three times.
#include "../await.h"

#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t is_held, is_done;

static void wait_for_it(void)
{
    pthread_mutex_lock(&lock); // MARK wait
    pthread_mutex_unlock(&lock);
}

static void *waiter(void *unused)
{
    for (int i = 0; i < 3; i++) {
        while (sem_wait(&is_held) != 0)
            ;
        wait_for_it();
        sem_post(&is_done);
    }
    return unused;
}

static void release_it(void)
{
    pthread_mutex_unlock(&lock); // MARK unlock
}

int main(void)
{
    pthread_t thread;
    sem_init(&is_held, 0, 0);
    sem_init(&is_done, 0, 0);
    pthread_create(&thread, NULL, waiter, NULL);
    for (int i = 0; i < 3; i++) {
        pthread_mutex_lock(&lock);
        sem_post(&is_held);
        await_contended(&lock);
        usleep(20000);
        release_it();
        while (sem_wait(&is_done) != 0)
            ;
    }
    pthread_join(thread, NULL);
    return 0;
}
