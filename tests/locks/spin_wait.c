// SPDX-License-Identifier: MIT
// Waiting for a spin lock, which no system call shows.
// EXPECT: lock("turning")["contentions"] == 3 and lock("turning")["acquisitions"] == 6
// EXPECT: about(lock("turning")["wait_ns"], stdout.split()[0])
// EXPECT: {f: w["count"] for f, w in waiters("turning").items()} == {"wait_for_it": 3}
// EXPECT: about(sum(t["lock_wait_ns"] for t in thread("hold_it")), stdout.split()[0])
// EXPECT: set(holders("turning")) <= {"hold_it"}
// OUTPUT: varies
#include "steps.h"

pthread_spinlock_t turning;
static long waited_ns;

void wait_for_it(void)
{
    long began = now_ns();

    pthread_spin_lock(&turning);
    waited_ns += now_ns() - began;
    pthread_spin_unlock(&turning);
}

void *waiter(void *waits)
{
    come(waits);
    wait_for_it();
    return NULL;
}

void hold_it(void)
{
    atomic_int waits = 0;
    pthread_t thread;

    pthread_spin_lock(&turning);
    thread = start(waiter, &waits);
    await(&waits);
    await_cpu_time(thread, 5000000); // it turns
    sleep_ms(60);
    pthread_spin_unlock(&turning);
    finish(thread);
}

int main(void)
{
    pthread_spin_init(&turning, PTHREAD_PROCESS_PRIVATE);
    for (int round = 0; round < 3; round++)
        hold_it();
    pthread_spin_destroy(&turning);
    printf("%ld\n", waited_ns);
    return 0;
}
