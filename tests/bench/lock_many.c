// SPDX-License-Identifier: MIT
//
// lock_many - the time of a lock+unlock where there are many mutexes, or many threads.
//
//   lock_many random LOCKS PAIRS    one thread, each pair of a mutex chosen at random
//   lock_many one THREADS PAIRS     THREADS at once, all of one mutex
//   lock_many own THREADS PAIRS     THREADS at once, each of its own
//
// PAIRS are those of all threads. cpu_ns_per_pair is the processor time of the process by them.
// The mutexes are in one block of the heap, each in its own cache line.
#include "bench.h"

#include <pthread.h>

enum { CACHE_LINE = 64 };

struct own_lock {
    _Alignas(CACHE_LINE) pthread_mutex_t mutex;
};

static struct own_lock *locks;
static pthread_barrier_t start_line;
static long pairs_each;
static uint64_t start, cpu_start;

static void start_clocks(void)
{
    start = now_ns();
    cpu_start = read_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static void use_at_random(long count, long pairs)
{
    uint64_t number = 88172645463325252u;

    start_clocks();
    for (long i = 0; i < pairs; i++) {
        pthread_mutex_t *mutex = &locks[random_next(&number) % (uint64_t)count].mutex;

        pthread_mutex_lock(mutex);
        pthread_mutex_unlock(mutex);
    }
}

static void *thread_main(void *argument)
{
    struct own_lock *lock = argument;

    pthread_barrier_wait(&start_line);
    for (long i = 0; i < pairs_each; i++) {
        pthread_mutex_lock(&lock->mutex);
        pthread_mutex_unlock(&lock->mutex);
    }
    return NULL;
}

static void use_by_threads(long threads, int is_shared)
{
    pthread_t *ids = calloc((size_t)threads, sizeof *ids);
    pthread_attr_t attributes;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 128 * 1024);
    pthread_barrier_init(&start_line, NULL, (unsigned)threads + 1);
    for (long i = 0; i < threads; i++)
        if (pthread_create(&ids[i], &attributes, thread_main, &locks[is_shared ? 0 : i])) {
            fprintf(stderr, "lock_many: cannot create a thread\n");
            exit(1);
        }
    start_clocks();
    pthread_barrier_wait(&start_line);
    for (long i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    free(ids);
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "random";
    long count = argument(argc, argv, 2, 1000), pairs = argument(argc, argv, 3, 1000000);

    locks = aligned_alloc(CACHE_LINE, (size_t)count * sizeof *locks);
    for (long i = 0; i < count; i++)
        pthread_mutex_init(&locks[i].mutex, NULL);
    if (!strcmp(how, "random")) {
        use_at_random(count, pairs);
    } else {
        pairs_each = pairs / count;
        pairs = pairs_each * count;
        use_by_threads(count, !strcmp(how, "one"));
    }
    printf("cpu_ns_per_pair %.3f\n",
           (double)(read_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_start) / (double)pairs);
    printf("ns_per_pair %.3f\n", (double)(now_ns() - start) / (double)pairs);
    printf("pairs %ld\n", pairs);
    printf("peak_rss_bytes %ld\n", peak_rss_bytes());
    return 0;
}
