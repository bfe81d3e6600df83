// SPDX-License-Identifier: MIT
// A robust mutex in a file that two programs map for themselves: it excludes, and the death of its
// holder in the one is told to the other.
// EXPECT: len(reports) == 1 and health["complete"]
// EXPECT: [(l["acquisitions"], l["owner_died"]) for l in report["locks"] if l["owner_died"]] == [(1002, 1)]
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 1000

struct shared {
    pthread_mutex_t mutex;
    long count;
    int parent_is_done;
};

static struct shared *map(void)
{
    int fd = open("shared", O_RDWR | O_CREAT, 0600);
    struct shared *shared;

    ftruncate(fd, sizeof(*shared));
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return shared;
}

static void init(struct shared *shared)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&shared->mutex, &attributes);
}

static void count(struct shared *shared)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&shared->mutex);
        shared->count++;
        pthread_mutex_unlock(&shared->mutex);
    }
}

// Ends with the mutex held.
static int other(struct shared *shared)
{
    count(shared);
    while (!__atomic_load_n(&shared->parent_is_done, __ATOMIC_ACQUIRE))
        usleep(100);
    pthread_mutex_lock(&shared->mutex);
    _exit(0);
}

int main(int argc, char **argv)
{
    struct shared *shared = map();
    int error;

    if (argc > 1)
        return other(shared);
    init(shared);
    if (fork() == 0) {
        execl("/proc/self/exe", argv[0], "other", (char *)NULL);
        _exit(127);
    }
    count(shared);
    __atomic_store_n(&shared->parent_is_done, 1, __ATOMIC_RELEASE);
    wait(NULL);
    error = pthread_mutex_lock(&shared->mutex);
    printf("%s %ld\n", strerrorname_np(error), shared->count);
    printf("%d", pthread_mutex_consistent(&shared->mutex));
    printf("%d", pthread_mutex_unlock(&shared->mutex));
    printf("%d\n", pthread_mutex_lock(&shared->mutex));
    return 0;
}
