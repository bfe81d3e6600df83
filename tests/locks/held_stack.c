// SPDX-License-Identifier: MIT
// A lock is held that functions took which have returned, in other frames than those that run when
// the next lock is taken: the stack of its acquisition does not get mixed with theirs.
// EXPECT: len(report["order"]) == 1 and set(edges(order("a", "b")[0])) == {("a", "b"), ("b", "a")}
// EXPECT: [functions(e["stack_from"])[:2] for e in order()[0]["edges"] if "one" in functions(e["stack_to"])] == [["lock_it", "begin"]]
// EXPECT: not any("finish_run" in functions(e["stack_from"]) or "remove_it" in functions(e["stack_from"]) for e in order()[0]["edges"])
// EXPECT: [functions(e["stack_to"])[:3] for e in order()[0]["edges"] if "one" in functions(e["stack_to"])] == [["lock_it", "remove_it", "finish_run"]]
#include "order.h"

#define EARLIER 40

pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static volatile int count;

void lock_it(pthread_mutex_t *mutex)
{
    pthread_mutex_lock(mutex);
    count++;
}

void unlock_it(pthread_mutex_t *mutex)
{
    pthread_mutex_unlock(mutex);
    count++;
}

void begin(void)
{
    volatile char room[200];

    room[0] = 1;
    lock_it(&a);
    room[0]++;
}

void run(void)
{
    volatile char room[100];

    room[0] = 1;
    begin();
    room[0]++;
}

void remove_it(void)
{
    volatile char room[300];

    room[0] = 1;
    lock_it(&b);
    unlock_it(&b);
    room[0]++;
}

void finish_run(void)
{
    volatile char room[50];

    room[0] = 1;
    remove_it();
    room[0]++;
}

void *one(void *unused)
{
    for (int i = 0; i < EARLIER; i++) {
        run();
        unlock_it(&a);
    }
    run();
    finish_run();
    unlock_it(&a);
    return unused;
}

void *other(void *unused)
{
    nest(&b, &a);
    return unused;
}

int main(void)
{
    in_threads(one, other);
    return 0;
}
