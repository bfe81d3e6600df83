// SPDX-License-Identifier: MIT
//
// waits.c - one thread waits for a mutex while another goes on allocating: the wait grows from
// moment to moment, not all at once when it ends.
#include "shape.h"

#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *waiter(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

// As glibc's own word: 2 where somebody waits.
static void await_waiter(void)
{
    while (*(volatile int *)&mutex != 2)
        usleep(100);
    usleep(1000); // its hook has written it down before it went to sleep
}

int main(void)
{
    pthread_t thread;

    churn_ms(10);
    say("before", 0);
    pthread_mutex_lock(&mutex);
    pthread_create(&thread, NULL, waiter, NULL);
    await_waiter();
    say("waits", 1);
    churn_ms(60);
    say("over", 0);
    pthread_mutex_unlock(&mutex);
    pthread_join(thread, NULL);
    say("after", 0);
    churn_ms(10);
    return 0;
}
