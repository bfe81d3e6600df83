// SPDX-License-Identifier: MIT
// Twenty thousand mutexes held at once, and released in the order in which they were taken: every
// acquisition is counted, and all of them end.
// EXPECT: len(locks_of("mutex", "make_mutexes")) == 20000
// EXPECT: {l["acquisitions"] for l in locks_of("mutex", "make_mutexes")} == {2}
// EXPECT: {l["contentions"] for l in locks_of("mutex", "make_mutexes")} == {0}
// EXPECT: report["misuse"] == [] and report["order"] == [] and health["complete"]
#include "steps.h"

#define MUTEXES 20000
#define TIMES 2

pthread_mutex_t *make_mutexes(void)
{
    return calloc(MUTEXES, sizeof(pthread_mutex_t));
}

int main(void)
{
    pthread_mutex_t *mutexes = make_mutexes();

    for (int times = 0; times < TIMES; times++) {
        for (int i = 0; i < MUTEXES; i++)
            pthread_mutex_lock(&mutexes[i]);
        for (int i = 0; i < MUTEXES; i++)
            pthread_mutex_unlock(&mutexes[i]);
    }
    return 0;
}
