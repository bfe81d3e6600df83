// SPDX-License-Identifier: MIT
// main calls pthread_exit, and stays a zombie for as long as the process lives: what the threads
// after it need is used again all the same.
// EXPECT: (threads["created"], threads["leaked"]) == (3001, 0)
// EXPECT: threads["finished"] >= 3000
// EXPECT: [r["exit"] for r in threads["records"] if r["serial"] == 1] == ["pthread_exit"]
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

// /proc/self is the zombie, without memory
#define STATM "/proc/thread-self/statm"
#define GROWTH_BYTES_MAX (4l << 20)

void *nothing(void *unused)
{
    free(malloc(10));
    return unused;
}

static void run_threads(int count)
{
    for (int i = 0; i < count; i++) {
        pthread_t thread;

        pthread_create(&thread, NULL, nothing, NULL);
        pthread_join(thread, NULL);
    }
}

static long address_space_bytes(void)
{
    long pages = 0;
    FILE *file = fopen(STATM, "r");

    fscanf(file, "%ld", &pages);
    fclose(file);
    return pages * 4096;
}

void *work(void *unused)
{
    long before, growth;

    run_threads(500);
    before = address_space_bytes();
    run_threads(2500);
    growth = address_space_bytes() - before;
    printf("%s\n", growth < GROWTH_BYTES_MAX ? "bounded" : "grows with every thread");
    exit(0);
    return unused;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, work, NULL);
    pthread_exit(NULL);
}
