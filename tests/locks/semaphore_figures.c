// SPDX-License-Identifier: MIT
// What a semaphore gave away at once, after a wait, and not at all. Posts are no acquisitions.
// EXPECT: lock("permits")["kind"] == "semaphore" and lock("permits")["acquisitions"] == 3 + 2 + 2
// EXPECT: lock("permits")["try_failed"] == 4
// EXPECT: lock("permits")["contentions"] == lock("permits")["timeouts"] == 2
// EXPECT: about(lock("permits")["wait_ns"], stdout.split()[-1])
// EXPECT: list(waiters("permits")) == ["give_up"]
// EXPECT: lock("permits")["initialised"] and functions(lock("permits")["created_by"])[0] == "main"
// EXPECT: lock("permits")["end"] == "destroyed"
// EXPECT: report["misuse"] == [] and report["order"] == []
// OUTPUT: varies
#include "steps.h"

#include <semaphore.h>

sem_t permits;

long give_up(void)
{
    struct timespec until = in_ms(CLOCK_REALTIME, 60);
    long began = now_ns();

    printf("%d ", sem_timedwait(&permits, &until));
    until = in_ms(CLOCK_MONOTONIC, 60);
    printf("%d ", sem_clockwait(&permits, CLOCK_MONOTONIC, &until));
    return now_ns() - began;
}

void *post(void *unused)
{
    sem_post(&permits);
    return unused;
}

int main(void)
{
    struct timespec later = in_ms(CLOCK_REALTIME, 10000);
    long waited_ns;

    sem_init(&permits, 0, 3);
    for (int i = 0; i < 3; i++)
        sem_wait(&permits);
    for (int i = 0; i < 4; i++)
        printf("%d ", sem_trywait(&permits));
    waited_ns = give_up();
    run_alone(post, NULL);
    run_alone(post, NULL);
    sem_trywait(&permits);
    sem_wait(&permits);
    sem_post(&permits);
    sem_timedwait(&permits, &later);
    sem_post(&permits);
    later = in_ms(CLOCK_MONOTONIC, 10000);
    sem_clockwait(&permits, CLOCK_MONOTONIC, &later);
    sem_destroy(&permits);
    printf("%ld\n", waited_ns);
    return 0;
}
