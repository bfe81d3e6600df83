// SPDX-License-Identifier: MIT
// Who made others wait: one holder and one waiter, one holder and three waiters, two ways to hold
// and two ways to wait. What three waited for one holder is its fault three times.
// EXPECT: {f: h["count"] for f, h in holders("one").items()} == {"let_one_go": 3}
// EXPECT: about(holders("one")["let_one_go"]["wait_ns"], lock("one")["wait_ns"])
// EXPECT: about(lock("one")["wait_ns"], stdout.split()[0])
// EXPECT: [(key, p["count"]) for key, p in pairs("one").items()] == [(("wait_for", "let_one_go"), 3)]
// EXPECT: lock("three")["contentions"] == 3 and about(lock("three")["wait_ns"], stdout.split()[1])
// EXPECT: int(stdout.split()[2]) * 0.95 < holders("three")["let_three_go"]["wait_ns"] <= lock("three")["wait_ns"]
// EXPECT: holders("three")["let_three_go"]["wait_ns"] > 3 * 60000000
// EXPECT: holders("three")["let_three_go"]["count"] >= 1 and set(holders("three")) <= {"let_three_go", "wait_for"}
// EXPECT: {key: p["count"] for key, p in pairs("ways").items()} == {("wait_one_way", "let_go_one_way"): 2, ("wait_another_way", "let_go_one_way"): 1, ("wait_another_way", "let_go_another_way"): 2}
// EXPECT: {f: h["count"] for f, h in holders("ways").items()} == {"let_go_one_way": 3, "let_go_another_way": 2}
// EXPECT: about(sum(h["wait_ns"] for h in lock("ways")["holders"]), lock("ways")["wait_ns"])
// EXPECT: "blame" in functions(lock("one")["holders"][0]["stack"])
// OUTPUT: varies
#include "steps.h"

struct wait {
    void (*wait)(pthread_mutex_t *);
    pthread_mutex_t *mutex;
    atomic_int tid;
    long began_ns;
};

pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER, three = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t ways = PTHREAD_MUTEX_INITIALIZER;
static atomic_long waited_ns;
static long until_release_ns; // the sum of what the latest waited up to the unlock

void wait_for(pthread_mutex_t *mutex)
{
    pthread_mutex_lock(mutex);
    pthread_mutex_unlock(mutex);
}

void wait_one_way(pthread_mutex_t *mutex)
{
    pthread_mutex_lock(mutex);
    pthread_mutex_unlock(mutex);
}

void wait_another_way(pthread_mutex_t *mutex)
{
    pthread_mutex_lock(mutex);
    pthread_mutex_unlock(mutex);
}

void let_one_go(pthread_mutex_t *mutex)
{
    pthread_mutex_unlock(mutex);
}

void let_three_go(pthread_mutex_t *mutex)
{
    pthread_mutex_unlock(mutex);
}

void let_go_one_way(pthread_mutex_t *mutex)
{
    pthread_mutex_unlock(mutex);
}

void let_go_another_way(pthread_mutex_t *mutex)
{
    pthread_mutex_unlock(mutex);
}

void *waiter(void *argument)
{
    struct wait *wait = argument;

    wait->began_ns = now_ns();
    arrive(&wait->tid);
    wait->wait(wait->mutex);
    waited_ns += now_ns() - wait->began_ns;
    return NULL;
}

void blame(pthread_mutex_t *mutex, int count, void (*wait)(pthread_mutex_t *),
           void (*let_go)(pthread_mutex_t *))
{
    struct wait waits[3] = {{wait, mutex, 0, 0}, {wait, mutex, 0, 0}, {wait, mutex, 0, 0}};
    pthread_t threads[3];

    pthread_mutex_lock(mutex);
    for (int i = 0; i < count; i++)
        threads[i] = start(waiter, &waits[i]);
    for (int i = 0; i < count; i++)
        await_asleep(&waits[i].tid);
    sleep_ms(count == 3 ? 65 : 40);
    until_release_ns = 0;
    for (int i = 0; i < count; i++)
        until_release_ns += now_ns() - waits[i].began_ns;
    let_go(mutex);
    for (int i = 0; i < count; i++)
        finish(threads[i]);
}

int main(void)
{
    for (int i = 0; i < 3; i++)
        blame(&one, 1, wait_for, let_one_go);
    printf("%ld ", waited_ns);
    waited_ns = 0;
    blame(&three, 3, wait_for, let_three_go);
    printf("%ld %ld\n", waited_ns, until_release_ns);
    for (int i = 0; i < 2; i++) {
        blame(&ways, 1, wait_one_way, let_go_one_way);
        blame(&ways, 1, wait_another_way, let_go_another_way);
    }
    blame(&ways, 1, wait_another_way, let_go_one_way);
    return 0;
}
