// SPDX-License-Identifier: MIT
// A block that realloc moves takes its locks with it to another address: they end, and others
// begin. So do those of a block given back to the system.
// EXPECT: sorted((l["acquisitions"], l["end"]) for l in locks_of("mutex", "make")) == [(3, "freed")]
// EXPECT: sorted((l["acquisitions"], l["end"]) for l in locks_of("mutex", "grow")) == [(4, "freed")]
// EXPECT: report["misuse"] == []
#include "steps.h"

#define LARGE (1 << 20)

pthread_mutex_t *make(void)
{
    return calloc(1, sizeof(pthread_mutex_t));
}

pthread_mutex_t *grow(pthread_mutex_t *mutexes)
{
    return realloc(mutexes, LARGE);
}

static void use(pthread_mutex_t *mutex, int times)
{
    for (int i = 0; i < times; i++) {
        pthread_mutex_lock(mutex);
        pthread_mutex_unlock(mutex);
    }
}

int main(void)
{
    pthread_mutex_t *mutexes = make();

    use(mutexes, 3);
    mutexes = grow(mutexes);
    use(mutexes, 4);
    free(mutexes);
    return 0;
}
