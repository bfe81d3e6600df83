// SPDX-License-Identifier: MIT
// Locks that are not recorded are absent; they work as ever, and threads are recorded.
// OPTIONS: locks=off
// EXPECT: "locks" not in report and "order" not in report and "misuse" not in report
// EXPECT: not report["mode"]["locks"] or report["mode"]["locks"] == "off"
// EXPECT: threads["created"] == 1
#include "steps.h"

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_rwlock_t book = PTHREAD_RWLOCK_INITIALIZER;
pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int is_changed;

void *waiter(void *unused)
{
    pthread_mutex_lock(&mutex);
    while (!is_changed)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    return unused;
}

int main(void)
{
    pthread_t thread = start(waiter, NULL);

    pthread_rwlock_wrlock(&book);
    pthread_mutex_lock(&mutex);
    is_changed = 1;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&mutex);
    pthread_rwlock_unlock(&book);
    finish(thread);
    puts("done");
    return 0;
}
