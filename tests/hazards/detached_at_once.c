// SPDX-License-Identifier: MIT
// Threads that detach themselves, or tell their pthread_t to their joiner, take the memory with
// them that pthread_create wrote it to: pthread_create must not look there any more.
// EXPECT: (threads["created"], threads["leaked"]) == (5000, 0)
// EXPECT: [r["join"] for r in threads["records"]].count("joined") == 2500
// the last ones may still be on their way:
// EXPECT: [r["join"] for r in threads["records"]].count("detached") >= 2480
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>

#define THREADS 5000
#define AT_ONCE 20

struct job {
    pthread_t thread;
    pthread_t *told; // NULL: it detaches itself
};

static int done_count;

void *work(void *argument)
{
    struct job *job = argument;
    pthread_t *told = job->told;

    if (!told)
        pthread_detach(pthread_self());
    munmap(job, sizeof(*job)); // as free() does now and then
    if (told)
        __atomic_store_n(told, pthread_self(), __ATOMIC_RELEASE);
    __atomic_fetch_add(&done_count, 1, __ATOMIC_RELEASE);
    return NULL;
}

static int start(pthread_t *told)
{
    struct job *job =
        mmap(NULL, sizeof(*job), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    job->told = told;
    return pthread_create(&job->thread, NULL, work, job);
}

static void wait_for(int count)
{
    while (__atomic_load_n(&done_count, __ATOMIC_ACQUIRE) < count)
        sched_yield();
}

int main(void)
{
    int failed = 0;

    for (int i = 0; i < THREADS; i += 2) {
        pthread_t told = 0;

        failed += start(NULL) != 0;
        failed += start(&told) != 0;
        while (!__atomic_load_n(&told, __ATOMIC_ACQUIRE))
            sched_yield();
        failed += pthread_join(told, NULL) != 0;
        wait_for(i - AT_ONCE);
    }
    wait_for(THREADS);
    printf("%d failed\n", failed);
    return 0;
}
