// SPDX-License-Identifier: MIT
// How threads end and whether someone waits for them, by where they were created.
// EXPECT: threads["created"] == 8 and threads["finished"] == 7
// EXPECT: threads["leaked"] == 1 and threads["running_at_exit"] == 1
// EXPECT: [t["exit"] for t in thread("make_returning")] == ["return"] * 2
// EXPECT: [t["join"] for t in thread("make_returning")] == ["joined"] * 2
// EXPECT: [(t["exit"], t["join"]) for t in thread("make_exiting")] == [("pthread_exit", "joined")]
// EXPECT: [(t["exit"], t["join"]) for t in thread("make_cancelled")] == [("cancelled", "joined")]
// EXPECT: sorted(t["join"] for t in thread("make_detached")) == ["detached", "detached"]
// EXPECT: [(t["exit"], t["join"]) for t in thread("make_leaked")] == [("return", "leaked")]
// EXPECT: [(t["exit"], t["join"]) for t in thread("make_running")] == [("process end", "running")]
// EXPECT: thread("make_leaked")[0]["name"] == "forgotten"
// EXPECT: all(t["tid"] > 0 and t["start_ns"] > 0 for t in threads["records"])
// EXPECT: thread("make_leaked")[0]["cpu_ns"] > 5000000
#include "../await.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

static pthread_barrier_t done;
static atomic_int tids[3], tid_count;

void *returning(void *unused)
{
    return unused;
}

void *exiting(void *unused)
{
    pthread_exit(unused);
}

void *waiting(void *unused)
{
    pause();
    return unused;
}

void *detached(void *unused)
{
    tids[tid_count++] = gettid();
    pthread_barrier_wait(&done);
    return unused;
}

void *forgotten(void *unused)
{
    struct timespec now;

    tids[tid_count++] = gettid();
    pthread_setname_np(pthread_self(), "forgotten");
    do
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    while (now.tv_nsec < 10000000);
    pthread_barrier_wait(&done);
    return unused;
}

pthread_t make_returning(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, returning, NULL);
    return thread;
}

pthread_t make_exiting(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, exiting, NULL);
    return thread;
}

pthread_t make_cancelled(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, waiting, NULL);
    return thread;
}

pthread_t make_running(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, waiting, NULL);
    return thread;
}

void make_detached(void)
{
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_create(&thread, NULL, detached, NULL);
    pthread_detach(thread);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_create(&thread, &attributes, detached, NULL);
}

void make_leaked(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, forgotten, NULL);
}

int main(void)
{
    pthread_t thread;

    pthread_barrier_init(&done, NULL, 4);
    pthread_join(make_returning(), NULL);
    pthread_join(make_returning(), NULL);
    pthread_join(make_exiting(), NULL);
    thread = make_cancelled();
    pthread_cancel(thread);
    pthread_join(thread, NULL);
    make_running();
    make_detached();
    make_leaked();
    pthread_barrier_wait(&done);
    for (int i = 0; i < 3; i++)
        await_end(tids[i]);
    return 0;
}
