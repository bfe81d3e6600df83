// SPDX-License-Identifier: MIT
// Threads that may be cancelled anywhere are, at random moments, inside our hooks too: they end,
// nothing hangs, and the rest of the program records on.
// EXPECT: (threads["created"], threads["finished"], threads["leaked"]) == (400, 400, 0)
// EXPECT: {r["exit"] for r in threads["records"] if r["serial"] != 1} == {"cancelled"}
// EXPECT: site("after")["allocations"] == 1000 == site("after")["frees"]
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS 400

static volatile double sum;

// With a mutex of its own: it may be cancelled while it holds it.
void *work(void *unused)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    for (int i = 1;; i++) {
        pthread_mutex_lock(&mutex);
        sum = sum + 1.0 / i;
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

void after(void)
{
    free(malloc(10));
}

int main(void)
{
    int cancelled = 0;

    for (int i = 0; i < THREADS; i += 4) {
        pthread_t threads[4];
        void *result;

        for (int j = 0; j < 4; j++)
            pthread_create(&threads[j], NULL, work, NULL);
        usleep(rand() % 3000);
        for (int j = 0; j < 4; j++)
            pthread_cancel(threads[j]);
        for (int j = 0; j < 4; j++)
            cancelled += pthread_join(threads[j], &result) == 0 && result == PTHREAD_CANCELED;
    }
    for (int i = 0; i < 1000; i++)
        after();
    printf("%d cancelled\n", cancelled);
    return 0;
}
