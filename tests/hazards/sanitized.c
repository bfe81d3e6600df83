// SPDX-License-Identifier: MIT
// A program built with a sanitizer, which replaces malloc and the locks itself: we stay out of its
// way, but for the one of undefined behaviour, which does not. Built once with each.
// STATUS: 3
// ENVIRONMENT: ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0
// EVERY_MODE: reports == [] or "undefined" in process["exe"]
// EXPECT: reports == [] or site("work")["allocations"] == 4000
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int count;

static void *work(void *unused)
{
    for (int i = 0; i < 1000; i++) {
        free(realloc(malloc(10), 100));
        pthread_mutex_lock(&mutex);
        count++;
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

int main(void)
{
    pthread_t threads[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    printf("%d\n", count);
    return 3;
}
