// SPDX-License-Identifier: MIT
//
// heap_pairs - the time of a free+malloc pair at a fixed stack depth.
//
//   heap_pairs DEPTH THREADS LIVE PAIRS
//
// Each thread holds LIVE blocks of 16 to 256 bytes; a pair frees one of them, chosen at random, and
// allocates another in its place. DEPTH counts the frames from the caller of malloc to main or the
// thread's start, those two included. The blocks of the start and the first tenth of the pairs are
// not timed. With more threads ns_per_pair is the mean over the threads of each thread's own time;
// cpu_ns_per_pair is the same by their CPU time.
#include "bench.h"

#include <pthread.h>

struct job {
    long live;
    long pairs;
    uint64_t random;
    void **blocks;
    uint64_t elapsed_ns, cpu_ns;
};

static long depth;
static pthread_barrier_t start_line;

static inline void pair(struct job *job)
{
    uint64_t number = random_next(&job->random);
    void **block = &job->blocks[(number >> 32) % (uint64_t)job->live];

    free(*block);
    *block = malloc(16 + number % 241);
    *(char *)*block = 1;
}

__attribute__((noinline)) static int run_pairs(struct job *job)
{
    uint64_t start, cpu_start;

    for (long i = 0; i < job->live; i++)
        job->blocks[i] = malloc(16 + random_next(&job->random) % 241);
    for (long i = 0; i < job->pairs / 10; i++)
        pair(job);
    pthread_barrier_wait(&start_line);
    start = now_ns();
    cpu_start = cpu_now_ns();
    for (long i = 0; i < job->pairs; i++)
        pair(job);
    job->cpu_ns = cpu_now_ns() - cpu_start;
    job->elapsed_ns = now_ns() - start;
    return 1;
}

// One frame per level: the addition after the call keeps it from being a jump or a loop.
__attribute__((noinline)) static int descend(struct job *job, long levels)
{
    volatile int below = levels > 0 ? descend(job, levels - 1) : run_pairs(job);

    return below + 1;
}

static void *thread_main(void *argument)
{
    struct job *job = argument;

    descend(job, depth - 3); // beside this function, the last descend and run_pairs
    return NULL;
}

int main(int argc, char **argv)
{
    depth = argument(argc, argv, 1, 10);
    long threads = argument(argc, argv, 2, 1), live = argument(argc, argv, 3, 1000);
    long pairs = argument(argc, argv, 4, 1000000);
    struct job *jobs = calloc((size_t)threads, sizeof *jobs);
    pthread_t *ids = calloc((size_t)threads, sizeof *ids);
    double elapsed_ns = 0, cpu_ns = 0;

    pthread_barrier_init(&start_line, NULL, (unsigned)threads);
    for (long i = 0; i < threads; i++) {
        jobs[i] =
            (struct job){.live = live, .pairs = pairs, .random = 88172645463325252u + (uint64_t)i};
        jobs[i].blocks = calloc((size_t)live, sizeof *jobs[i].blocks);
    }
    for (long i = 1; i < threads; i++)
        pthread_create(&ids[i], NULL, thread_main, &jobs[i]);
    descend(&jobs[0], depth - 3); // main is the outermost frame here
    for (long i = 1; i < threads; i++)
        pthread_join(ids[i], NULL);
    for (long i = 0; i < threads; i++) {
        elapsed_ns += (double)jobs[i].elapsed_ns;
        cpu_ns += (double)jobs[i].cpu_ns;
    }
    printf("ns_per_pair %.3f\n", elapsed_ns / (double)pairs / (double)threads);
    printf("cpu_ns_per_pair %.3f\n", cpu_ns / (double)pairs / (double)threads);
    printf("peak_rss_bytes %ld\n", peak_rss_bytes());
    return 0;
}
