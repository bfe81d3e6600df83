// SPDX-License-Identifier: MIT
//
// circle.c - two threads, one after the other, that take two locks in opposite orders: a deadlock
// that did not happen; and a lock that is unlocked though nobody holds it. With an argument it is
// killed in the end.
#include <pthread.h>
#include <signal.h>

static pthread_mutex_t accounts = PTHREAD_MUTEX_INITIALIZER, journal = PTHREAD_MUTEX_INITIALIZER;

static void *transfer(void *argument)
{
    pthread_mutex_lock(&accounts);
    pthread_mutex_lock(&journal);
    pthread_mutex_unlock(&journal);
    pthread_mutex_unlock(&accounts);
    return argument;
}

static void *audit(void *argument)
{
    pthread_mutex_lock(&journal);
    pthread_mutex_lock(&accounts);
    pthread_mutex_unlock(&accounts);
    pthread_mutex_unlock(&journal);
    return argument;
}

int main(int argc, char **argv)
{
    (void)argv;
    pthread_t thread;
    if (pthread_create(&thread, NULL, transfer, NULL) == 0)
        pthread_join(thread, NULL);
    if (pthread_create(&thread, NULL, audit, NULL) == 0)
        pthread_join(thread, NULL);
    pthread_mutex_unlock(&journal);
    if (argc > 1)
        raise(SIGKILL);
    return 0;
}
