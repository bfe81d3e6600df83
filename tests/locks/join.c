// SPDX-License-Identifier: MIT
// Waiting for a thread to end is idle time: one entry for each stack that created threads.
// EXPECT: len(locks_of("join")) == 2
// EXPECT: [j["waits"] for j in locks_of("join", "make_short")] == [3]
// EXPECT: [j["waits"] for j in locks_of("join", "make_long")] == [1]
// EXPECT: about(locks_of("join", "make_short")[0]["idle_ns"], stdout.split()[0])
// EXPECT: about(locks_of("join", "make_long")[0]["idle_ns"], stdout.split()[1])
// EXPECT: [(functions(w["stack"])[0], w["count"]) for w in locks_of("join", "make_short")[0]["waiters"]] == [("wait_for", 3)]
// EXPECT: sum(t["lock_wait_ns"] for t in threads["records"]) == 0
// OUTPUT: varies
#include "steps.h"

static atomic_int naps, is_joined;

void *nap(void *argument)
{
    naps++;
    await(&is_joined);
    await_sleep(getpid()); // main sleeps in the join
    sleep_ms((long)argument);
    return NULL;
}

static void await_nap(int before)
{
    while (naps == before)
        sleep_ns(POLL_NS);
}

pthread_t make_short(void)
{
    pthread_t thread;
    int before = naps;

    pthread_create(&thread, NULL, nap, (void *)60L);
    await_nap(before);
    return thread;
}

pthread_t make_long(void)
{
    pthread_t thread;
    int before = naps;

    pthread_create(&thread, NULL, nap, (void *)150L);
    await_nap(before);
    return thread;
}

void wait_for(pthread_t thread, long *idle_ns)
{
    long began = now_ns();

    come(&is_joined);
    pthread_join(thread, NULL);
    *idle_ns += now_ns() - began;
    is_joined = 0;
}

int main(void)
{
    long short_ns = 0, long_ns = 0;

    for (int i = 0; i < 3; i++)
        wait_for(make_short(), &short_ns);
    wait_for(make_long(), &long_ns);
    printf("%ld %ld\n", short_ns, long_ns);
    return 0;
}
