// SPDX-License-Identifier: MIT
// Two threads turn for each other for ever.
// STATUS: 7
// STDERR: deadlock
// EXPECT: [(o["kind"], o["why"]) for o in report["order"]] == [("deadlock", "cycle")]
// EXPECT: set(edges(order("left", "right")[0])) == {("left", "right"), ("right", "left")}
// EXPECT: [l["kind"] for l in order()[0]["locks"]] == ["spin", "spin"]
#include "stuck.h"

pthread_spinlock_t left, right;
static atomic_int has_left, has_right;

void *left_first(void *unused)
{
    pthread_spin_lock(&left);
    come(&has_left);
    await(&has_right);
    pthread_spin_lock(&right);
    return unused;
}

void *right_first(void *unused)
{
    pthread_spin_lock(&right);
    come(&has_right);
    await(&has_left);
    pthread_spin_lock(&left);
    return unused;
}

int main(void)
{
    pthread_t threads[2];

    pthread_spin_init(&left, PTHREAD_PROCESS_PRIVATE);
    pthread_spin_init(&right, PTHREAD_PROCESS_PRIVATE);
    threads[0] = start(left_first, NULL);
    threads[1] = start(right_first, NULL);
    await(&has_left);
    await(&has_right);
    for (int i = 0; i < 2; i++)
        await_cpu_time(threads[i], 100000000);
    _exit(STUCK_STATUS);
}
