// SPDX-License-Identifier: MIT
// Two threads wait for each other for ever; the first thread ends the process. With EARLIER the
// locks have been used that often before.
// STATUS: 7
// STDERR: deadlock
// EXPECT: [(o["kind"], o["why"]) for o in report["order"]] == [("deadlock", "cycle")]
// EXPECT: edges(order("left", "right")[0]) == {("left", "right"): ("take_left", "want_right"), ("right", "left"): ("take_right", "want_left")}
// EXPECT: {e["thread"] for e in order()[0]["edges"]} == {thread("start_left")[0]["serial"], thread("start_right")[0]["serial"]}
// EXPECT: not any({"want_left", "want_right"} & set(functions(e["stack_from"])) for e in order()[0]["edges"])
// EXPECT: 0 < order()[0]["t_ns"] < process.get("duration_ns", 10**18)
// EXPECT: lock("left")["acquisitions"] == lock("right")["acquisitions"]
// EXPECT: threads["running_at_exit"] == 2 and report["misuse"] == []
#include "stuck.h"

pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER, right = PTHREAD_MUTEX_INITIALIZER;
#ifndef EARLIER
#define EARLIER 0
#endif

static atomic_int tids[2], has_left, has_right;

void take_left(void)
{
    pthread_mutex_lock(&left);
    come(&has_left);
}

void take_right(void)
{
    pthread_mutex_lock(&right);
    come(&has_right);
}

void want_left(void)
{
    pthread_mutex_lock(&left);
}

void want_right(void)
{
    pthread_mutex_lock(&right);
}

static void use(pthread_mutex_t *mutex)
{
    for (int i = 0; i < EARLIER; i++) {
        pthread_mutex_lock(mutex);
        pthread_mutex_unlock(mutex);
    }
}

void *left_first(void *unused)
{
    use(&left);
    take_left();
    await(&has_right);
    arrive(&tids[0]);
    want_right();
    return unused;
}

void *right_first(void *unused)
{
    use(&right);
    take_right();
    await(&has_left);
    arrive(&tids[1]);
    want_left();
    return unused;
}

void start_left(void)
{
    start(left_first, NULL);
}

void start_right(void)
{
    start(right_first, NULL);
}

int main(void)
{
    start_left();
    start_right();
    end_stuck(tids, 2);
}
