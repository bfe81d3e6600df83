// SPDX-License-Identifier: MIT
//
// threads - the time of creating and joining a thread that allocates a little.
//
//   threads alive COUNT    all of them at once: none ends before the last has allocated
//   threads turn COUNT     one after the other
//
// Each thread makes ten malloc+free pairs; its stack is small, so that a thousand fit anywhere.
#include "bench.h"

#include <pthread.h>

static pthread_barrier_t all_allocated;
static int is_together;

static void *thread_main(void *unused)
{
    for (int i = 0; i < 10; i++) {
        void *volatile block = malloc(100);

        free(block);
    }
    if (is_together)
        pthread_barrier_wait(&all_allocated);
    return unused;
}

static void create(pthread_t *id, const pthread_attr_t *attributes)
{
    if (pthread_create(id, attributes, thread_main, NULL)) {
        fprintf(stderr, "threads: cannot create a thread\n");
        exit(1);
    }
}

int main(int argc, char **argv)
{
    long count = argument(argc, argv, 2, 100);
    pthread_t *ids = calloc((size_t)count, sizeof *ids);
    pthread_attr_t attributes;
    uint64_t start, cpu_start;

    is_together = argc > 1 && !strcmp(argv[1], "alive");
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 128 * 1024);
    pthread_barrier_init(&all_allocated, NULL, (unsigned)count);
    start = now_ns();
    cpu_start = read_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (long i = 0; i < count; i++) {
        create(&ids[i], &attributes);
        if (!is_together)
            pthread_join(ids[i], NULL);
    }
    for (long i = 0; is_together && i < count; i++)
        pthread_join(ids[i], NULL);
    printf("cpu_us_per_thread %.3f\n",
           (double)(read_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_start) / 1e3 / (double)count);
    printf("us_per_thread %.3f\n", (double)(now_ns() - start) / 1e3 / (double)count);
    printf("peak_rss_bytes %ld\n", peak_rss_bytes());
    return 0;
}
