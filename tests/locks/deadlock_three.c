// SPDX-License-Identifier: MIT
// Three threads wait for each other in a circle; a fourth waits for one of them and is not in it.
// The first thread ends the process by exit.
// STATUS: 7
// STDERR: deadlock
// EXPECT: [(o["kind"], o["why"]) for o in report["order"]] == [("deadlock", "cycle")]
// EXPECT: edges(order()[0]) == {("a", "b"): ("take", "want"), ("b", "c"): ("take", "want"), ("c", "a"): ("take", "want")}
// EXPECT: len({e["thread"] for e in order()[0]["edges"]}) == 3
// EXPECT: threads["created"] == 4
#include "stuck.h"

struct place {
    pthread_mutex_t *held, *wanted;
    atomic_int *tid;
};

pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t c = PTHREAD_MUTEX_INITIALIZER;
static atomic_int tids[4], held, is_watched;

void take(pthread_mutex_t *mutex)
{
    pthread_mutex_lock(mutex);
}

void want(pthread_mutex_t *mutex)
{
    pthread_mutex_lock(mutex);
}

void *in_circle(void *argument)
{
    struct place *place = argument;

    take(place->held);
    held++;
    await(&is_watched);
    arrive(place->tid);
    want(place->wanted);
    return NULL;
}

void *onlooker(void *unused)
{
    arrive(&tids[3]);
    pthread_mutex_lock(&b);
    return unused;
}

int main(void)
{
    struct place places[] = {{&a, &b, &tids[0]}, {&b, &c, &tids[1]}, {&c, &a, &tids[2]}};

    for (int i = 0; i < 3; i++)
        start(in_circle, &places[i]);
    while (held < 3)
        sleep_ns(POLL_NS);
    start(onlooker, NULL);
    await_asleep(&tids[3]);
    come(&is_watched);
    for (int i = 0; i < 3; i++)
        await_asleep(&tids[i]);
    sleep_ms(500);
    exit(STUCK_STATUS);
}
