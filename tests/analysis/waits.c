// SPDX-License-Identifier: MIT
//
// waits.c - one thread holds a mutex until another is seen to wait for it, three times.
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t is_held, is_done;
static atomic_int waiter_tid;

static void wait_for_it(void)
{
    pthread_mutex_lock(&lock); // MARK wait
    pthread_mutex_unlock(&lock);
}

static void *waiter(void *unused)
{
    waiter_tid = gettid();
    for (int i = 0; i < 3; i++) {
        while (sem_wait(&is_held) != 0)
            ;
        wait_for_it();
        sem_post(&is_done);
    }
    return unused;
}

// The waiter sleeps in futex(2), nowhere else once it has the semaphore.
static int is_asleep(void)
{
    char path[64], state = 0;
    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", waiter_tid);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = 0;
    fclose(file);
    return state == 'S';
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
        int value;
        pthread_mutex_lock(&lock);
        sem_post(&is_held);
        do
            sem_getvalue(&is_held, &value);
        while (value != 0);
        while (!is_asleep())
            usleep(1000);
        usleep(20000);
        release_it();
        while (sem_wait(&is_done) != 0)
            ;
    }
    pthread_join(thread, NULL);
    return 0;
}
