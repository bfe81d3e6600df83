// SPDX-License-Identifier: MIT
// A thread joins another while it holds what that one wants.
// STATUS: 7
// STDERR: deadlock
// EXPECT: [(o["kind"], o["why"]) for o in report["order"]] == [("deadlock", "cycle")]
// EXPECT: sorted(l["kind"] for l in order()[0]["locks"]) == ["join", "mutex"]
// EXPECT: {e["thread"] for e in order()[0]["edges"]} == {t["serial"] for t in threads["records"] if t["serial"] > 1}
// EXPECT: sorted(functions(e["stack_to"])[0] for e in order()[0]["edges"]) == ["wait_for_worker", "want"]
// EXPECT: sorted(functions(e["stack_from"])[0] for e in order()[0]["edges"] if e.get("stack_from")) == ["boss"]
#include "stuck.h"

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_int tids[2];

void want(void)
{
    pthread_mutex_lock(&mutex);
}

void *worker(void *unused)
{
    arrive(&tids[0]);
    want();
    return unused;
}

pthread_t start_worker(void)
{
    return start(worker, NULL);
}

void wait_for_worker(pthread_t thread)
{
    arrive(&tids[1]);
    pthread_join(thread, NULL);
}

void *boss(void *unused)
{
    pthread_t thread;

    pthread_mutex_lock(&mutex);
    thread = start_worker();
    wait_for_worker(thread);
    return unused;
}

void start_boss(void)
{
    start(boss, NULL);
}

int main(void)
{
    start_boss();
    end_stuck(tids, 2);
}
