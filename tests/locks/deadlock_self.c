// SPDX-License-Identifier: MIT
// A thread locks a normal mutex that it holds.
// STATUS: 7
// STDERR: deadlock
// EXPECT: [(o["kind"], o["why"]) for o in report["order"]] == [("deadlock", "self")]
// EXPECT: edges(order("mutex")[0]) == {("mutex", "mutex"): ("take", "take_again")}
// EXPECT: order()[0]["edges"][0]["thread"] == thread("main")[0]["serial"]
// EXPECT: lock("mutex")["acquisitions"] == 1
#include "stuck.h"

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_int tid;

void take(void)
{
    pthread_mutex_lock(&mutex);
}

void take_again(void)
{
    pthread_mutex_lock(&mutex);
}

void *body(void *unused)
{
    take();
    arrive(&tid);
    take_again();
    return unused;
}

int main(void)
{
    start(body, NULL);
    end_stuck(&tid, 1);
}
