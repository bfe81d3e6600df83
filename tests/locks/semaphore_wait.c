// SPDX-License-Identifier: MIT
// Waits for a semaphore end by a post: whoever posts is who was waited for.
// EXPECT: lock("permits")["contentions"] == 4 and lock("permits")["acquisitions"] == 4
// EXPECT: about(lock("permits")["wait_ns"], stdout.split()[0])
// EXPECT: {f: w["count"] for f, w in waiters("permits").items()} == {"wait_for_it": 4}
// EXPECT: {f: h["count"] for f, h in holders("permits").items()} == {"post_once": 1, "post_often": 3}
// EXPECT: about(sum(h["wait_ns"] for h in lock("permits")["holders"]), stdout.split()[0])
// EXPECT: about(holders("permits")["post_once"]["wait_ns"], stdout.split()[1])
// EXPECT: report["misuse"] == [] and report["order"] == []
// OUTPUT: varies
#include "steps.h"

#include <semaphore.h>

sem_t permits;
static long waited_ns, first_ns;

void wait_for_it(void)
{
    long began = now_ns();

    sem_wait(&permits);
    waited_ns += now_ns() - began;
}

void *waiter(void *tid)
{
    arrive(tid);
    wait_for_it();
    return NULL;
}

void post_once(void)
{
    sem_post(&permits);
}

void post_often(void)
{
    sem_post(&permits);
}

static void round_with(void (*post)(void))
{
    atomic_int tid = 0;
    pthread_t thread = start(waiter, &tid);

    await_asleep(&tid);
    sleep_ms(40);
    post();
    finish(thread);
}

int main(void)
{
    sem_init(&permits, 0, 0);
    round_with(post_once);
    first_ns = waited_ns;
    for (int i = 0; i < 3; i++)
        round_with(post_often);
    printf("%ld %ld\n", waited_ns, first_ns);
    return 0;
}
