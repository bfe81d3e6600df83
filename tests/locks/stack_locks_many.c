// SPDX-License-Identifier: MIT
// A hundred thousand mutexes, one after another at one place of the stack, made, used and
// destroyed: on the first thread's, and on a thread's that lies beside large heap blocks.
// EXPECT: sum(l["acquisitions"] for l in locks_of("mutex", "use_all")) == 200000
// EXPECT: report["misuse"] == [] and report["order"] == []
// EXPECT: not any(health["dropped"].values()) and health["complete"]
#include "steps.h"

#define MUTEXES 100000
#define BLOCKS 12
#define BLOCK_BYTES 200000

static void *blocks[BLOCKS];

void *use_all(void *unused)
{
    for (int i = 0; i < MUTEXES; i++) {
        pthread_mutex_t mutex;

        pthread_mutex_init(&mutex, NULL);
        pthread_mutex_lock(&mutex);
        pthread_mutex_unlock(&mutex);
        pthread_mutex_destroy(&mutex);
    }
    return unused;
}

static void allocate(int first, int last)
{
    for (int i = first; i < last; i++)
        blocks[i] = malloc(BLOCK_BYTES);
}

int main(void)
{
    pthread_t thread;

    use_all(NULL);
    allocate(0, BLOCKS / 2);
    thread = start(use_all, NULL);
    allocate(BLOCKS / 2, BLOCKS);
    finish(thread);
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    return 0;
}
