// SPDX-License-Identifier: MIT
// Acquisitions of a spin lock and failed attempts; whoever finds it free does not wait.
// EXPECT: lock("turning")["kind"] == "spin" and lock("turning")["acquisitions"] == 107
// EXPECT: lock("turning")["try_failed"] == 5 and lock("turning")["contentions"] == 0
// EXPECT: lock("turning")["owner_changes"] == 2 and lock("turning")["end"] == "destroyed"
// EXPECT: lock("turning")["initialised"] and functions(lock("turning")["created_by"])[0] == "main"
// EXPECT: report["misuse"] == [] and report["order"] == []
#include "steps.h"

pthread_spinlock_t turning;

static void acquire(int count)
{
    for (int i = 0; i < count; i++) {
        pthread_spin_lock(&turning);
        pthread_spin_unlock(&turning);
    }
}

void *other(void *unused)
{
    acquire(5);
    return unused;
}

void *shut_out(void *unused)
{
    for (int i = 0; i < 5; i++)
        printf("%d\n", pthread_spin_trylock(&turning));
    return unused;
}

int main(void)
{
    pthread_spin_init(&turning, PTHREAD_PROCESS_PRIVATE);
    acquire(100);
    run_alone(other, NULL);
    pthread_spin_trylock(&turning);
    pthread_spin_unlock(&turning);
    pthread_spin_lock(&turning);
    run_alone(shut_out, NULL);
    pthread_spin_unlock(&turning);
    pthread_spin_destroy(&turning);
    return 0;
}
