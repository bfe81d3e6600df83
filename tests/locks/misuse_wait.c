// SPDX-License-Identifier: MIT
// A condition wait with a mutex that the thread does not hold: nobody does, or another thread.
// EXPECT: sorted(m[:3] for m in misuse("condition wait without the mutex")) == [("free_mutex", 1, "wait_with"), ("held_mutex", 1, "wait_with")]
// EXPECT: {m["kind"] for m in report["misuse"]} <= {"condition wait without the mutex", "unlock of another thread's lock", "unlock of an unheld lock"}
#include "steps.h"

pthread_mutex_t free_mutex = PTHREAD_MUTEX_INITIALIZER, held_mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t never = PTHREAD_COND_INITIALIZER;

void wait_with(pthread_mutex_t *mutex)
{
    struct timespec until = in_ms(CLOCK_REALTIME, 30);

    printf("%d\n", pthread_cond_timedwait(&never, mutex, &until));
    pthread_mutex_unlock(mutex);
}

void *other(void *unused)
{
    wait_with(&held_mutex);
    return unused;
}

int main(void)
{
    wait_with(&free_mutex);
    pthread_mutex_lock(&held_mutex);
    run_alone(other, NULL);
    return 0;
}
