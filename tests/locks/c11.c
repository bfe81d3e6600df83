// SPDX-License-Identifier: MIT
// Locks, conditions and threads of C11 are like those of POSIX, and say so.
// EXPECT: lock("plain")["flags"] == ["c11"] and lock("plain")["kind"] == "mutex"
// EXPECT: sorted(lock("nested")["flags"]) == ["c11", "recursive"] and lock("nested")["acquisitions"] == 3
// EXPECT: lock("plain")["acquisitions"] == 3 + 3 + 2 + 1 and lock("plain")["try_failed"] == 2
// EXPECT: lock("plain")["contentions"] == 4 and lock("plain")["timeouts"] == 1
// EXPECT: about(lock("plain")["wait_ns"], stdout.split()[0])
// EXPECT: {f: w["count"] for f, w in waiters("plain").items()} == {"wait_for_it": 3, "give_up": 1}
// EXPECT: {f: w["count"] for f, w in holders("plain").items()} == {"hold_it": 3}
// EXPECT: about(holders("plain")["hold_it"]["wait_ns"], waiters("plain")["wait_for_it"]["wait_ns"])
// EXPECT: lock("changed")["kind"] == "condition" and "c11" in lock("changed")["flags"]
// EXPECT: lock("changed")["waits"] == 2 and lock("changed")["timeouts"] == 1
// EXPECT: about(lock("changed")["idle_ns"], stdout.split()[1])
// EXPECT: lock("ready")["kind"] == "once" and lock("ready")["acquisitions"] == 1
// EXPECT: lock("plain")["end"] == lock("nested")["end"] == lock("changed")["end"] == "destroyed"
// EXPECT: [t["join"] for t in thread("run_detached")] == ["detached"] and threads["created"] == 6
// EXPECT: threads["joined"] == 5 and threads["detached"] == 1 and threads["leaked"] == 0
// EXPECT: 1 <= sum(j["waits"] for j in locks_of("join")) <= 5
// EXPECT: report["misuse"] == [] and report["order"] == []
// OUTPUT: varies
#include "steps.h"

#include <threads.h>

mtx_t plain, nested;
cnd_t changed;
once_flag ready = ONCE_FLAG_INIT;
static long waited_ns, idle_ns;
static atomic_int waiting[3], waits_for_change, end_tid;

void wait_for_it(void)
{
    long began = now_ns();

    mtx_lock(&plain);
    waited_ns += now_ns() - began;
    mtx_unlock(&plain);
}

int waiter(void *tid)
{
    arrive(tid);
    wait_for_it();
    return 0;
}

void hold_it(int round)
{
    thrd_t thread;

    mtx_lock(&plain);
    thrd_create(&thread, waiter, &waiting[round]);
    await_asleep(&waiting[round]);
    sleep_ms(40);
    mtx_unlock(&plain);
    thrd_join(thread, NULL);
}

void give_up(void)
{
    struct timespec until = in_ms(CLOCK_REALTIME, 60);
    long began = now_ns();

    mtx_timedlock(&plain, &until);
    waited_ns += now_ns() - began;
}

int shut_out(void *unused)
{
    (void)unused;
    mtx_trylock(&plain);
    mtx_trylock(&plain);
    give_up();
    return 0;
}

int wait_for_change(void *unused)
{
    struct timespec until;
    long began;

    (void)unused;
    mtx_lock(&nested);
    began = now_ns();
    arrive(&waits_for_change);
    cnd_wait(&changed, &nested);
    until = in_ms(CLOCK_REALTIME, 60);
    cnd_timedwait(&changed, &nested, &until);
    idle_ns = now_ns() - began;
    mtx_unlock(&nested);
    return 0;
}

void initialise(void) {}

int end_at_once(void *unused)
{
    (void)unused;
    arrive(&end_tid);
    return 0;
}

void run_detached(void)
{
    thrd_t thread;

    thrd_create(&thread, end_at_once, NULL);
    thrd_detach(thread);
    await(&end_tid);
    await_end(end_tid);
}

int main(void)
{
    thrd_t thread;

    mtx_init(&plain, mtx_timed);
    mtx_init(&nested, mtx_plain | mtx_recursive);
    cnd_init(&changed);
    for (int round = 0; round < 3; round++)
        hold_it(round);
    mtx_trylock(&plain);
    thrd_create(&thread, shut_out, NULL);
    thrd_join(thread, NULL);
    mtx_unlock(&plain);
    mtx_lock(&plain);
    mtx_unlock(&plain);
    thrd_create(&thread, wait_for_change, NULL);
    await_asleep(&waits_for_change);
    sleep_ms(40);
    cnd_signal(&changed);
    thrd_join(thread, NULL);
    for (int i = 0; i < 5; i++)
        call_once(&ready, initialise);
    mtx_lock(&plain);
    mtx_unlock(&plain);
    run_detached();
    mtx_destroy(&plain);
    mtx_destroy(&nested);
    cnd_destroy(&changed);
    printf("%ld %ld\n", waited_ns, idle_ns);
    return 0;
}
