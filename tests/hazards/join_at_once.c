// SPDX-License-Identifier: MIT
// Four threads create threads and join each at once, pthread_t values being used again all the
// time: every join finds its record.
// EXPECT: (threads["created"], threads["finished"], threads["leaked"]) == (20004, 20004, 0)
// EXPECT: {r["join"] for r in threads["records"] if r["serial"] != 1} == {"joined"}
#include <pthread.h>
#include <stdio.h>

#define TIMES 5000

static int failed;

void *nothing(void *unused)
{
    return unused;
}

void *work(void *unused)
{
    for (int i = 0; i < TIMES; i++) {
        pthread_t thread;

        if (pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL))
            __atomic_fetch_add(&failed, 1, __ATOMIC_RELAXED);
    }
    return unused;
}

int main(void)
{
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    printf("%d failed\n", failed);
    return 0;
}
