// SPDX-License-Identifier: MIT
// A library's constructor leaves an error in errno, as libselinux does: main finds it there, and so
// it stays over everything that succeeds.
// EXPECT: stdout.split()[0] == "18" and any("construct" in functions(s["stack"]) for s in heap["sites"])
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

extern int errno_library;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;

static void *work(void *unused)
{
    return unused;
}

static void nothing(void) {}

int main(void)
{
    int found = errno;
    pthread_t thread;
    sem_t semaphore;

    errno = errno_library ? 7 : 0;
    free(realloc(calloc(1, 2), 100));
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    pthread_rwlock_rdlock(&rwlock);
    pthread_rwlock_unlock(&rwlock);
    pthread_once(&once, nothing);
    pthread_key_create(&key, free);
    sem_init(&semaphore, 0, 1);
    sem_wait(&semaphore);
    sem_post(&semaphore);
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
    prctl(PR_SET_NAME, "main");
    atexit(nothing);
    printf("%d %d\n", found, errno);
    return 0;
}
