// SPDX-License-Identifier: MIT
// A mutex in shared memory, used by parent and child: it excludes as without us, and only what the
// parent did is in its report.
// EXPECT: len(reports) == 1
// EXPECT: [l["acquisitions"] for l in report["locks"] if l["acquisitions"] > 1] == [100000]
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct shared {
    pthread_mutex_t mutex;
    volatile long count;
};

static void work(struct shared *shared)
{
    for (int i = 0; i < 100000; i++) {
        pthread_mutex_lock(&shared->mutex);
        shared->count++;
        pthread_mutex_unlock(&shared->mutex);
    }
}

int main(void)
{
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t attributes;
    int status;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&shared->mutex, &attributes);
    if (fork() == 0) {
        work(shared);
        _exit(7);
    }
    work(shared);
    wait(&status);
    printf("%ld %d %d\n", shared->count, status >> 8, pthread_mutex_destroy(&shared->mutex));
    return 0;
}
