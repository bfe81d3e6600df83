// SPDX-License-Identifier: MIT
// A program linked twenty years ago asks for functions by the versions that they had then: ours are
// found for those, too.
// EXPECT: threads["created"] == 1 and threads["records"][1]["join"] == "joined"
// EXPECT: site("work")["allocations"] == 1 and "mutex" in [lock["kind"] for lock in report["locks"]]
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

#define OLD(name) __asm__(".symver " #name ", " #name "@GLIBC_2.2.5")
OLD(pthread_create);
OLD(pthread_join);
OLD(pthread_once);
OLD(pthread_mutex_trylock);
OLD(pthread_rwlock_rdlock);
OLD(pthread_rwlock_unlock);
OLD(sem_init);
OLD(sem_wait);
OLD(sem_post);

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static sem_t semaphore;

static void say(void)
{
    puts("once");
}

void *work(void *unused)
{
    free(malloc(10));
    pthread_once(&once, say);
    sem_post(&semaphore);
    return unused;
}

int main(void)
{
    pthread_t thread;

    sem_init(&semaphore, 0, 0);
    pthread_create(&thread, NULL, work, NULL);
    sem_wait(&semaphore);
    printf("%d\n", pthread_mutex_trylock(&mutex) + pthread_mutex_unlock(&mutex));
    printf("%d\n", pthread_rwlock_rdlock(&rwlock) + pthread_rwlock_unlock(&rwlock));
    return pthread_join(thread, NULL);
}
