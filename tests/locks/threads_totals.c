// SPDX-License-Identifier: MIT
// How threads ended and who waited for them, in all. Every thread counts once; a thread that is
// joined while detached threads live on is joined.
// EXPECT: threads["created"] == 12 and threads["joined"] == 5 and threads["detached"] == 3
// EXPECT: threads["leaked"] == 2 and threads["running_at_exit"] == 2 and threads["adopted"] == 0
// EXPECT: threads["finished"] == 10 and threads["created"] == len(threads["records"]) - 1
// EXPECT: threads["joined"] == sum(t["join"] == "joined" for t in threads["records"])
// EXPECT: threads["detached"] == sum(t["join"] == "detached" for t in threads["records"])
// EXPECT: sorted(t["serial"] for t in threads["records"]) == list(range(1, 14))
// EXPECT: sorted(t["join"] for t in thread("make_running")) == ["running", "running"]
// EXPECT: all(t["exit"] == "process end" for t in thread("make_running"))
// EXPECT: all(t["end_ns"] >= t["start_ns"] for t in threads["records"] if t["exit"] == "return")
#include "steps.h"

#define ENDS 10

static atomic_int tids[ENDS], ending;

void *end(void *unused)
{
    arrive(&tids[ending++]);
    return unused;
}

void *run(void *unused)
{
    for (;;)
        pause();
    return unused;
}

void make_joined(void)
{
    run_alone(end, NULL);
}

void make_detached(int detach_first)
{
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_attr_init(&attributes);
    if (detach_first)
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_create(&thread, &attributes, end, NULL);
    if (!detach_first)
        pthread_detach(thread);
    pthread_attr_destroy(&attributes);
}

void make_leaked(void)
{
    start(end, NULL);
}

void make_running(void)
{
    start(run, NULL);
}

int main(void)
{
    for (int i = 0; i < 2; i++)
        make_running();
    for (int i = 0; i < 3; i++)
        make_detached(i != 0);
    for (int i = 0; i < 2; i++)
        make_leaked();
    for (int i = 0; i < 5; i++)
        make_joined();
    for (int i = 0; i < ENDS; i++) {
        await(&tids[i]);
        await_end(tids[i]);
    }
    return 0;
}
