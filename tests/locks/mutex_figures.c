// SPDX-License-Identifier: MIT
// Every way to acquire a mutex is counted, and every way not to. Nobody waits but who times out.
// EXPECT: lock("plain")["acquisitions"] == 10 and lock("plain")["try_failed"] == 3
// EXPECT: lock("plain")["contentions"] == lock("plain")["timeouts"] == 2
// EXPECT: about(lock("plain")["wait_ns"], stdout.split()[-1])
// EXPECT: {f: (w["count"], w["timeouts"]) for f, w in waiters("plain").items()} == {"give_up": (2, 2)}
// EXPECT: lock("plain")["owner_changes"] == 3 and lock("plain")["flags"] == []
// EXPECT: lock("nested")["acquisitions"] == 7 and lock("nested")["contentions"] == 0
// EXPECT: lock("nested")["owner_changes"] == 0 and lock("nested")["flags"] == ["recursive"]
// EXPECT: lock("mortal")["acquisitions"] == 3 and lock("mortal")["owner_died"] == 1
// EXPECT: lock("mortal")["contentions"] == 0 and lock("mortal")["owner_changes"] == 1
// EXPECT: all(l["kind"] == "mutex" for l in report["locks"] if l["kind"] != "join")
// EXPECT: all(l["holders"] == [] and l["owner_died"] == 0 for l in report["locks"] if l["name"] in ("plain", "nested"))
// EXPECT: report["misuse"] == [] and report["order"] == []
// OUTPUT: varies
#include "steps.h"

pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t nested = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
pthread_mutex_t mortal;
static long waited_ns;

static void acquire(int count)
{
    for (int i = 0; i < count; i++) {
        pthread_mutex_lock(&plain);
        pthread_mutex_unlock(&plain);
    }
}

void *other(void *unused)
{
    acquire(2);
    return unused;
}

void give_up(void)
{
    struct timespec until = in_ms(CLOCK_REALTIME, 60);
    long began = now_ns();

    printf("%d ", pthread_mutex_timedlock(&plain, &until));
    until = in_ms(CLOCK_MONOTONIC, 60);
    printf("%d ", pthread_mutex_clocklock(&plain, CLOCK_MONOTONIC, &until));
    waited_ns += now_ns() - began;
}

void *shut_out(void *unused)
{
    for (int i = 0; i < 3; i++)
        printf("%d ", pthread_mutex_trylock(&plain));
    give_up();
    return unused;
}

void *die_with_it(void *unused)
{
    pthread_mutex_lock(&mortal);
    return unused;
}

static void acquire_plain(void)
{
    struct timespec later = in_ms(CLOCK_REALTIME, 10000);

    acquire(3);
    run_alone(other, NULL); // one change
    acquire(1);             // another
    pthread_mutex_trylock(&plain);
    run_alone(shut_out, NULL);
    pthread_mutex_unlock(&plain);
    pthread_mutex_timedlock(&plain, &later);
    pthread_mutex_unlock(&plain);
    later = in_ms(CLOCK_MONOTONIC, 10000);
    pthread_mutex_clocklock(&plain, CLOCK_MONOTONIC, &later);
    pthread_mutex_unlock(&plain);
}

static void acquire_mortal(void)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&mortal, &attributes);
    run_alone(die_with_it, NULL);
    pthread_mutex_lock(&mortal);
    pthread_mutex_consistent(&mortal);
    pthread_mutex_unlock(&mortal);
    pthread_mutex_trylock(&mortal);
    pthread_mutex_unlock(&mortal);
}

void *last(void *unused)
{
    acquire(1);
    return unused;
}

int main(void)
{
    acquire_plain();
    run_alone(last, NULL); // the third
    for (int i = 0; i < 5; i++)
        pthread_mutex_lock(&nested);
    pthread_mutex_trylock(&nested);
    for (int i = 0; i < 6; i++)
        pthread_mutex_unlock(&nested);
    pthread_mutex_trylock(&nested);
    pthread_mutex_unlock(&nested);
    acquire_mortal();
    printf("%ld\n", waited_ns);
    return 0;
}
