// SPDX-License-Identifier: MIT
// How long locks are held, by every hold. A condition wait ends a hold and begins another.
// OPTIONS: hold=exact
// EXPECT: report["mode"]["hold"] == "exact"
// EXPECT: lock("kept")["holds"] == 3 and about(lock("kept")["hold_ns"], stdout.split()[0])
// EXPECT: about(lock("kept")["hold_max_ns"], stdout.split()[1])
// EXPECT: lock("book")["holds"] == 2 and about(lock("book")["hold_ns"], stdout.split()[2])
// EXPECT: lock("turning")["holds"] == 1 and about(lock("turning")["hold_ns"], stdout.split()[3])
// EXPECT: lock("paused")["holds"] == 3 and about(lock("paused")["hold_ns"], stdout.split()[4])
// EXPECT: 55000000 <= lock("nested")["hold_max_ns"] and about(lock("nested")["hold_max_ns"], stdout.split()[5])
// EXPECT: lock("unused")["holds"] == lock("unused")["hold_ns"] == lock("unused")["hold_max_ns"] == 0
// OUTPUT: varies
#include "steps.h"

pthread_mutex_t kept = PTHREAD_MUTEX_INITIALIZER, paused = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t nested = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP, unused;
pthread_rwlock_t book = PTHREAD_RWLOCK_INITIALIZER;
pthread_spinlock_t turning;
pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static long keep(long ms)
{
    long began = now_ns();

    sleep_ms(ms);
    return now_ns() - began;
}

static void keep_mutex(void)
{
    long sum_ns = 0, longest_ns = 0;

    for (int i = 0; i < 3; i++) {
        long ns;

        pthread_mutex_lock(&kept);
        ns = keep(i == 1 ? 80 : 40);
        pthread_mutex_unlock(&kept);
        sum_ns += ns;
        longest_ns = ns > longest_ns ? ns : longest_ns;
    }
    printf("%ld %ld ", sum_ns, longest_ns);
}

static void keep_others(void)
{
    long ns;

    pthread_rwlock_wrlock(&book);
    ns = keep(50);
    pthread_rwlock_unlock(&book);
    pthread_rwlock_rdlock(&book);
    ns += keep(50);
    pthread_rwlock_unlock(&book);
    printf("%ld ", ns);
    pthread_spin_init(&turning, PTHREAD_PROCESS_PRIVATE);
    pthread_spin_lock(&turning);
    ns = keep(50);
    pthread_spin_unlock(&turning);
    printf("%ld ", ns);
}

// Held 40 + 40 + 40 ms; twice it waits 100 ms in vain.
static void keep_between_waits(void)
{
    struct timespec until;
    long ns;

    pthread_mutex_lock(&paused);
    ns = keep(40);
    for (int i = 0; i < 2; i++) {
        until = in_ms(CLOCK_REALTIME, 100);
        pthread_cond_timedwait(&changed, &paused, &until);
        ns += keep(40);
    }
    pthread_mutex_unlock(&paused);
    printf("%ld ", ns);
}

int main(void)
{
    long ns;

    pthread_mutex_init(&unused, NULL);
    keep_mutex();
    keep_others();
    keep_between_waits();
    pthread_mutex_lock(&nested);
    ns = keep(30);
    pthread_mutex_lock(&nested);
    ns += keep(30);
    pthread_mutex_unlock(&nested);
    pthread_mutex_unlock(&nested);
    printf("%ld\n", ns);
    return 0;
}
