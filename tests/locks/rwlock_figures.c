// SPDX-License-Identifier: MIT
// Acquisitions of an rwlock, to read and to write; failed attempts and time-outs of both.
// EXPECT: lock("book")["kind"] == "rwlock" and lock("book")["acquisitions"] == 4 + 3 + 2 + 4
// EXPECT: lock("book")["try_failed"] == 3 and lock("book")["contentions"] == lock("book")["timeouts"] == 4
// EXPECT: {f: (w["count"], w["timeouts"]) for f, w in waiters("book").items()} == {"wait_to_read": (2, 2), "wait_to_write": (2, 2)}
// EXPECT: about(waiters("book")["wait_to_read"]["wait_ns"], stdout.split()[-2])
// EXPECT: about(waiters("book")["wait_to_write"]["wait_ns"], stdout.split()[-1])
// EXPECT: report["misuse"] == [] and report["order"] == []
// OUTPUT: varies
#include "steps.h"

pthread_rwlock_t book = PTHREAD_RWLOCK_INITIALIZER;
static long read_wait_ns, write_wait_ns;

void wait_to_read(void)
{
    struct timespec until = in_ms(CLOCK_REALTIME, 60);
    long began = now_ns();

    printf("%d ", pthread_rwlock_timedrdlock(&book, &until));
    until = in_ms(CLOCK_MONOTONIC, 60);
    printf("%d ", pthread_rwlock_clockrdlock(&book, CLOCK_MONOTONIC, &until));
    read_wait_ns += now_ns() - began;
}

void wait_to_write(void)
{
    struct timespec until = in_ms(CLOCK_REALTIME, 60);
    long began = now_ns();

    printf("%d ", pthread_rwlock_timedwrlock(&book, &until));
    until = in_ms(CLOCK_MONOTONIC, 60);
    printf("%d ", pthread_rwlock_clockwrlock(&book, CLOCK_MONOTONIC, &until));
    write_wait_ns += now_ns() - began;
}

void *while_written(void *unused)
{
    printf("%d ", pthread_rwlock_tryrdlock(&book));
    printf("%d ", pthread_rwlock_trywrlock(&book));
    wait_to_read();
    return unused;
}

void *while_read(void *unused)
{
    printf("%d ", pthread_rwlock_trywrlock(&book));
    wait_to_write();
    return unused;
}

static void release(int count)
{
    for (int i = 0; i < count; i++)
        pthread_rwlock_unlock(&book);
}

int main(void)
{
    struct timespec later = in_ms(CLOCK_REALTIME, 10000);

    for (int i = 0; i < 4; i++)
        pthread_rwlock_rdlock(&book);
    run_alone(while_read, NULL);
    release(4);
    for (int i = 0; i < 3; i++) {
        pthread_rwlock_wrlock(&book);
        if (i == 0)
            run_alone(while_written, NULL);
        release(1);
    }
    pthread_rwlock_tryrdlock(&book);
    release(1);
    pthread_rwlock_trywrlock(&book);
    release(1);
    pthread_rwlock_timedrdlock(&book, &later);
    release(1);
    pthread_rwlock_timedwrlock(&book, &later);
    release(1);
    later = in_ms(CLOCK_MONOTONIC, 10000);
    pthread_rwlock_clockrdlock(&book, CLOCK_MONOTONIC, &later);
    release(1);
    pthread_rwlock_clockwrlock(&book, CLOCK_MONOTONIC, &later);
    release(1);
    printf("%ld %ld\n", read_wait_ns, write_wait_ns);
    return 0;
}
