// SPDX-License-Identifier: MIT
// A thread waits for a mutex whose owner has ended without unlocking it.
// STATUS: 7
// STDERR: deadlock
// EXPECT: [(o["kind"], o["why"]) for o in report["order"]] == [("deadlock", "orphan")]
// EXPECT: [l["name"] for l in order()[0]["locks"]] == ["mutex"]
// EXPECT: [functions(e["stack_to"])[0] for e in order()[0]["edges"]] == ["want"]
// EXPECT: [e["thread"] for e in order()[0]["edges"]] == [thread("start_heir")[0]["serial"]]
// EXPECT: misuse("thread ended holding it")[0][:3] == ("mutex", 1, "take")
#include "stuck.h"

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_int tid;

void take(void)
{
    pthread_mutex_lock(&mutex);
}

void *owner(void *unused)
{
    take();
    return unused;
}

void want(void)
{
    pthread_mutex_lock(&mutex);
}

void *heir(void *unused)
{
    arrive(&tid);
    want();
    return unused;
}

void start_heir(void)
{
    start(heir, NULL);
}

int main(void)
{
    run_alone(owner, NULL);
    start_heir();
    end_stuck(&tid, 1);
}
