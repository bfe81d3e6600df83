// SPDX-License-Identifier: MIT
// Who comes while another thread initialises waits for it; who comes later does not. Only the run
// of the routine is an acquisition. The routine may use locks of its own.
// EXPECT: lock("ready")["kind"] == "once" and lock("ready")["acquisitions"] == 1
// EXPECT: lock("ready")["contentions"] == 2 and lock("ready")["timeouts"] == 0
// EXPECT: about(lock("ready")["wait_ns"], stdout.split()[1])
// EXPECT: {f: w["count"] for f, w in waiters("ready").items()} == {"come_second": 2}
// EXPECT: lock("inner")["acquisitions"] == 1 and lock("inner")["contentions"] == 0
// EXPECT: "initialise" in functions(lock("inner")["created_by"])
// EXPECT: report["misuse"] == [] and report["order"] == []
// OUTPUT: varies
#include "steps.h"

pthread_once_t ready = PTHREAD_ONCE_INIT;
pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;
static atomic_int began, seconds[2];
static atomic_long waited_ns;
static int made;

void initialise(void)
{
    pthread_mutex_lock(&inner);
    come(&began);
    await_asleep(&seconds[0]);
    await_asleep(&seconds[1]);
    sleep_ms(60);
    made++;
    pthread_mutex_unlock(&inner);
}

void *first(void *unused)
{
    pthread_once(&ready, initialise);
    return unused;
}

void come_second(void *argument)
{
    long start;

    await(&began);
    arrive(argument);
    start = now_ns();
    pthread_once(&ready, initialise);
    waited_ns += now_ns() - start;
}

void *second(void *argument)
{
    come_second(argument);
    return NULL;
}

int main(void)
{
    pthread_t threads[] = {start(first, NULL), start(second, &seconds[0]),
                           start(second, &seconds[1])};

    for (int i = 0; i < 3; i++)
        finish(threads[i]);
    for (int i = 0; i < 10; i++)
        pthread_once(&ready, initialise);
    printf("made %ld %d\n", waited_ns, made);
    return 0;
}
