// SPDX-License-Identifier: MIT
// Every kind of mutex answers as it does without us; only what was acquired is counted.
// EXPECT: lock("recursive")["acquisitions"] == 3 and lock("recursive")["contentions"] == 0
// EXPECT: lock("errorcheck")["acquisitions"] == 1
// EXPECT: lock("robust")["acquisitions"] == 2 and lock("robust")["contentions"] == 0
// EXPECT: lock("inherit")["acquisitions"] == 1 and lock("adaptive")["acquisitions"] == 1
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

pthread_mutex_t recursive, errorcheck, robust, inherit, adaptive;

static void init(pthread_mutex_t *mutex, int type, int is_robust, int protocol)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    if (is_robust)
        pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setprotocol(&attributes, protocol);
    printf("init %d\n", pthread_mutex_init(mutex, &attributes));
}

void *die_with_it(void *unused)
{
    printf("robust lock %d\n", pthread_mutex_lock(&robust));
    return unused;
}

int main(void)
{
    pthread_t thread;

    init(&recursive, PTHREAD_MUTEX_RECURSIVE, 0, PTHREAD_PRIO_NONE);
    init(&errorcheck, PTHREAD_MUTEX_ERRORCHECK, 0, PTHREAD_PRIO_NONE);
    init(&robust, PTHREAD_MUTEX_NORMAL, 1, PTHREAD_PRIO_NONE);
    init(&inherit, PTHREAD_MUTEX_NORMAL, 0, PTHREAD_PRIO_INHERIT);
    init(&adaptive, PTHREAD_MUTEX_ADAPTIVE_NP, 0, PTHREAD_PRIO_NONE);
    for (int i = 0; i < 3; i++)
        printf("recursive %d\n", pthread_mutex_lock(&recursive));
    printf("errorcheck %d\n", pthread_mutex_lock(&errorcheck));
    printf("again %d, EDEADLK is %d\n", pthread_mutex_lock(&errorcheck), EDEADLK);
    pthread_create(&thread, NULL, die_with_it, NULL);
    pthread_join(thread, NULL);
    printf("orphan %d, EOWNERDEAD is %d\n", pthread_mutex_lock(&robust), EOWNERDEAD);
    printf("consistent %d\n", pthread_mutex_consistent(&robust));
    printf("inherit %d\n", pthread_mutex_lock(&inherit));
    printf("adaptive %d\n", pthread_mutex_lock(&adaptive));
    return 0;
}
