// SPDX-License-Identifier: MIT
// The owner of a mutex ends while another thread already waits for it.
// STATUS: 7
// STDERR: deadlock
// EXPECT: [(o["kind"], o["why"]) for o in report["order"]] == [("deadlock", "orphan")]
// EXPECT: [functions(e["stack_to"])[0] for e in order("mutex")[0]["edges"]] == ["heir"]
#include "stuck.h"

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_int tid, is_taken;

void *owner(void *unused)
{
    pthread_mutex_lock(&mutex);
    come(&is_taken);
    await_asleep(&tid);
    return unused;
}

void *heir(void *unused)
{
    await(&is_taken);
    arrive(&tid);
    pthread_mutex_lock(&mutex);
    return unused;
}

int main(void)
{
    pthread_t thread = start(owner, NULL);

    start(heir, NULL);
    finish(thread);
    end_stuck(&tid, 1);
}
