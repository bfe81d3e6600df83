// SPDX-License-Identifier: MIT
// Many short waits and a long one: how they are spread, and the percentiles of that.
// EXPECT: lock("fought")["contentions"] == 11
// EXPECT: [sum(w["histogram"]) for w in lock("fought")["waiters"]] == [11]
// EXPECT: sum(lock("fought")["waiters"][0]["histogram"][27:]) - int(stdout.split()[2]) in (-1, 0) and int(stdout.split()[2]) >= 1
// EXPECT: lock("fought")["waiters"][0]["histogram"][:23] == [0] * 23
// EXPECT: 8000000 <= lock("fought")["wait_p50_ns"] <= lock("fought")["wait_p99_ns"]
// EXPECT: lock("fought")["wait_p99_ns"] <= lock("fought")["wait_max_ns"] == lock("fought")["waiters"][0]["wait_max_ns"]
// EXPECT: lock("fought")["wait_p50_ns"] <= 2 * int(stdout.split()[0]) + 1
// EXPECT: about(lock("fought")["wait_max_ns"], stdout.split()[1]) and lock("fought")["wait_max_ns"] >= 150000000
// OUTPUT: varies
#include "steps.h"

#define ROUNDS 11 // the last is long
#define LONG_NS (1L << 27)

pthread_mutex_t fought = PTHREAD_MUTEX_INITIALIZER;
static long waits_ns[ROUNDS];

void *waiter(void *argument)
{
    atomic_int *tid = argument;
    long began;

    arrive(tid);
    began = now_ns();
    pthread_mutex_lock(&fought);
    waits_ns[tid[1]] = now_ns() - began;
    pthread_mutex_unlock(&fought);
    return NULL;
}

static int shorter(const void *one, const void *other)
{
    const long *first = one, *second = other;

    return (*first > *second) - (*first < *second);
}

int main(void)
{
    int long_count = 0;

    for (int round = 0; round < ROUNDS; round++) {
        atomic_int tid[] = {0, round};
        pthread_t thread;

        pthread_mutex_lock(&fought);
        thread = start(waiter, tid);
        await_asleep(tid);
        sleep_ms(round == ROUNDS - 1 ? 150 : 5);
        pthread_mutex_unlock(&fought);
        finish(thread);
    }
    qsort(waits_ns, ROUNDS, sizeof(*waits_ns), shorter);
    for (int round = 0; round < ROUNDS; round++)
        long_count += waits_ns[round] >= LONG_NS;
    printf("%ld %ld %d\n", waits_ns[ROUNDS / 2], waits_ns[ROUNDS - 1], long_count);
    return 0;
}
