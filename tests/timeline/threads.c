// SPDX-License-Identifier: MIT
//
// threads.c - threads come and go: a few at once, then many in turn, which share one slot. What
// each allocates is known.
#include "shape.h"

#include <pthread.h>

#define AT_ONCE 5
#define IN_TURN 300

static pthread_barrier_t line;

static void *churner(void *unused)
{
    (void)unused;
    pthread_barrier_wait(&line); // all are there
    churn_ms(40);
    pthread_barrier_wait(&line); // none has gone
    return malloc(100);
}

static void *quick(void *unused)
{
    for (int i = 0; i < 100; i++)
        free(malloc(64));
    return unused;
}

int main(void)
{
    pthread_t threads[AT_ONCE];
    void *result;

    pthread_barrier_init(&line, NULL, AT_ONCE + 1);
    for (int i = 0; i < AT_ONCE; i++)
        pthread_create(&threads[i], NULL, churner, NULL);
    pthread_barrier_wait(&line);
    say("alive", AT_ONCE + 1);
    churn_ms(30);
    say("over", 0);
    pthread_barrier_wait(&line);
    for (int i = 0; i < AT_ONCE; i++) {
        pthread_join(threads[i], &result);
        free(result);
    }
    for (int i = 0; i < IN_TURN; i++) {
        pthread_create(&threads[0], NULL, quick, NULL);
        pthread_join(threads[0], NULL);
    }
    return 0;
}
