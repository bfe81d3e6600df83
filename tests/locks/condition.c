// SPDX-License-Identifier: MIT
// A wait for a condition is idle up to the signal and handed over from there to the return with the
// mutex, which the signaller keeps for a while. The mutex is acquired again, and not contended.
// EXPECT: lock("filled")["kind"] == "condition" and lock("filled")["waits"] == 2 and not lock("filled").get("contentions")
// EXPECT: lock("filled").get("timeouts") == 0 and not lock("filled").get("wait_ns")
// EXPECT: about(lock("filled")["idle_ns"], stdout.split()[0])
// EXPECT: about(lock("filled")["handoff_ns"], stdout.split()[1])
// EXPECT: lock("filled")["handoff_ns"] >= 100000000
// EXPECT: [(f, w["count"]) for f, w in waiters("filled").items()] == [("wait_until_filled", 2)]
// EXPECT: list(holders("filled")) in (["fill"], [])
// EXPECT: lock("box")["acquisitions"] == 1 + 2 + 2 and lock("box")["contentions"] == 0
// EXPECT: lock("box")["wait_ns"] == 0 and sum(t["lock_wait_ns"] for t in threads["records"]) == 0
// EXPECT: report["misuse"] == [] and report["order"] == []
// OUTPUT: varies
#include "steps.h"

pthread_mutex_t box = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static atomic_int waits[2];
static long signalled_ns, idle_ns, handoff_ns;
static int items;

void wait_until_filled(int round)
{
    long began = now_ns();

    arrive(&waits[round]);
    while (items == round)
        pthread_cond_wait(&filled, &box);
    idle_ns += now_ns() - began;
    handoff_ns += now_ns() - signalled_ns;
}

void *consumer(void *unused)
{
    pthread_mutex_lock(&box);
    wait_until_filled(0);
    wait_until_filled(1);
    pthread_mutex_unlock(&box);
    return unused;
}

void fill(void)
{
    pthread_mutex_lock(&box);
    items++;
    signalled_ns = now_ns();
    pthread_cond_signal(&filled);
    sleep_ms(60);
    pthread_mutex_unlock(&box);
}

int main(void)
{
    pthread_t thread = start(consumer, NULL);

    for (int round = 0; round < 2; round++) {
        await_asleep(&waits[round]);
        sleep_ms(40);
        fill();
    }
    finish(thread);
    printf("%ld %ld\n", idle_ns, handoff_ns);
    return 0;
}
