// SPDX-License-Identifier: MIT
// A wait that outlasts two holds, by two holders in turn, is divided between them and counted for
// the second. A signal handler keeps the waiter while the lock changes hands.
// EXPECT: lock("fought")["contentions"] == 1 and about(lock("fought")["wait_ns"], stdout.split()[0])
// EXPECT: {f: h["count"] for f, h in holders("fought").items()} == {"end_first_hold": 0, "end_second_hold": 1}
// EXPECT: about(holders("fought")["end_first_hold"]["wait_ns"], stdout.split()[1], 0.1)
// EXPECT: about(holders("fought")["end_second_hold"]["wait_ns"], stdout.split()[2], 0.1)
// EXPECT: about(sum(h["wait_ns"] for h in lock("fought")["holders"]), lock("fought")["wait_ns"])
// EXPECT: len(lock("fought")["pairs"]) == 2
// OUTPUT: varies
#include "steps.h"

#include <signal.h>

pthread_mutex_t fought = PTHREAD_MUTEX_INITIALIZER;
static atomic_int tid, is_kept, is_let_go, is_taken_over, is_over;
static long began_ns, changed_ns, ended_ns;

static void keep(int number)
{
    (void)number;
    come(&is_kept);
    while (!is_let_go)
        sleep_ns(POLL_NS);
}

void *waiter(void *unused)
{
    arrive(&tid);
    began_ns = now_ns();
    pthread_mutex_lock(&fought);
    ended_ns = now_ns();
    pthread_mutex_unlock(&fought);
    return unused;
}

void end_second_hold(void)
{
    pthread_mutex_unlock(&fought);
}

void *second_holder(void *unused)
{
    await(&is_over);
    pthread_mutex_lock(&fought);
    come(&is_taken_over);
    sleep_ms(80);
    end_second_hold();
    return unused;
}

void end_first_hold(void)
{
    changed_ns = now_ns();
    pthread_mutex_unlock(&fought);
}

int main(void)
{
    struct sigaction action = {.sa_handler = keep, .sa_flags = SA_RESTART};
    pthread_t threads[2];

    sigaction(SIGUSR1, &action, NULL);
    threads[0] = start(second_holder, NULL);
    pthread_mutex_lock(&fought);
    threads[1] = start(waiter, NULL);
    await_asleep(&tid);
    sleep_ms(80);
    pthread_kill(threads[1], SIGUSR1);
    await(&is_kept);
    end_first_hold();
    come(&is_over);
    await(&is_taken_over);
    come(&is_let_go);
    finish(threads[0]);
    finish(threads[1]);
    printf("%ld %ld %ld\n", ended_ns - began_ns, changed_ns - began_ns, ended_ns - changed_ns);
    return 0;
}
