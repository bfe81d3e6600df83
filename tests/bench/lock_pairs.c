// SPDX-License-Identifier: MIT
//
// lock_pairs - the time of a lock+unlock of one pthread_mutex.
//
//   lock_pairs THREADS PAIRS WORK
//
// WORK random numbers are drawn while the lock is held, and as many between two pairs. One thread
// and no work: the uncontended pair. Two threads: ns_per_pair is the time of all by the pairs of
// all, so its inverse is the throughput; cpu_ns_per_pair is of the first thread alone.
#include "bench.h"

#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t start_line;
static uint64_t shared_number = 88172645463325252u;
static long pairs, work;

static void *run_pairs(void *unused)
{
    uint64_t own_number = 88172645463325252u;

    pthread_barrier_wait(&start_line);
    for (long i = 0; i < pairs; i++) {
        pthread_mutex_lock(&mutex);
        for (long j = 0; j < work; j++)
            random_next(&shared_number);
        pthread_mutex_unlock(&mutex);
        for (long j = 0; j < work; j++)
            random_next(&own_number);
    }
    return own_number ? unused : NULL;
}

int main(int argc, char **argv)
{
    long threads = argument(argc, argv, 1, 1);
    pthread_t *ids = calloc((size_t)threads, sizeof *ids);
    uint64_t start, cpu_start;

    pairs = argument(argc, argv, 2, 1000000);
    work = argument(argc, argv, 3, 0);
    pthread_barrier_init(&start_line, NULL, (unsigned)threads);
    for (long i = 1; i < threads; i++)
        pthread_create(&ids[i], NULL, run_pairs, NULL);
    start = now_ns(); // the first thread comes to the line last but for the creation of others
    cpu_start = cpu_now_ns();
    run_pairs(NULL);
    printf("cpu_ns_per_pair %.3f\n", (double)(cpu_now_ns() - cpu_start) / (double)pairs);
    for (long i = 1; i < threads; i++)
        pthread_join(ids[i], NULL);
    printf("ns_per_pair %.3f\n", (double)(now_ns() - start) / (double)(pairs * threads));
    return shared_number == 0;
}
