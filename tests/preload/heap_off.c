// SPDX-License-Identifier: MIT
// What is switched off is absent from the report, not zero.
// OPTIONS: heap=off:locks=off:threads=off
// EXPECT: "heap" not in report and "locks" not in report and "threads" not in report
// EXPECT: report["mode"]["heap"] == "off"
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void *work(void *unused)
{
    pthread_mutex_lock(&mutex);
    malloc(1);
    pthread_mutex_unlock(&mutex);
    return unused;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
    return 0;
}
