// SPDX-License-Identifier: MIT
// A hundred thousand locks in one heap block, each used by two threads in turn: every acquisition
// is counted, and each lock has its own.
// EXPECT: len(locks_of("mutex", "make_locks")) == 100000
// EXPECT: {l["acquisitions"] for l in locks_of("mutex", "make_locks")} == {6}
// EXPECT: {l["owner_changes"] for l in locks_of("mutex", "make_locks")} == {1}
// EXPECT: {l["contentions"] for l in locks_of("mutex", "make_locks")} == {0}
// EXPECT: len({l["block"]["offset"] for l in locks_of("mutex", "make_locks")}) == 100000
// EXPECT: not any(health["dropped"].values()) and health["complete"]
// EXPECT: profile_bytes <= 64 << 20
#include "steps.h"

#define LOCKS 100000
#define TIMES 3

static pthread_mutex_t *locks;

pthread_mutex_t *make_locks(void)
{
    return calloc(LOCKS, sizeof(pthread_mutex_t));
}

void *use_all(void *unused)
{
    for (int times = 0; times < TIMES; times++) {
        for (int i = 0; i < LOCKS; i++) {
            pthread_mutex_lock(&locks[i]);
            pthread_mutex_unlock(&locks[i]);
        }
    }
    return unused;
}

int main(void)
{
    locks = make_locks();
    use_all(NULL);
    run_alone(use_all, NULL);
    return 0;
}
