// SPDX-License-Identifier: MIT
// Waiting at a barrier is idle time, up to the last who comes, and no contention.
// EXPECT: lock("gate")["kind"] == "barrier" and "contentions" not in lock("gate") or not lock("gate")["contentions"]
// EXPECT: not lock("gate").get("wait_ns")
// EXPECT: about(lock("gate")["idle_ns"], stdout.split()[1])
// EXPECT: lock("gate")["waits"] in (4, 6)
// EXPECT: about(waiters("gate")["come_early"]["wait_ns"], stdout.split()[1]) and waiters("gate")["come_early"]["count"] == 4
// EXPECT: lock("gate")["initialised"] and lock("gate")["end"] == "destroyed"
// EXPECT: sum(t["lock_wait_ns"] for t in threads["records"]) == 0
// OUTPUT: varies
#include "steps.h"

pthread_barrier_t gate;
static atomic_long idle_ns;
static atomic_int early[2][2];

void come_early(void)
{
    long began = now_ns();

    pthread_barrier_wait(&gate);
    idle_ns += now_ns() - began;
}

void *twice(void *argument)
{
    for (int round = 0; round < 2; round++) {
        arrive(&early[round][argument != NULL]);
        come_early();
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[2];

    pthread_barrier_init(&gate, NULL, 3);
    threads[0] = start(twice, NULL);
    threads[1] = start(twice, &gate);
    for (int round = 0; round < 2; round++) {
        await_asleep(&early[round][0]);
        await_asleep(&early[round][1]);
        sleep_ms(50);
        pthread_barrier_wait(&gate);
    }
    finish(threads[0]);
    finish(threads[1]);
    pthread_barrier_destroy(&gate);
    printf("idle %ld\n", idle_ns);
    return 0;
}
