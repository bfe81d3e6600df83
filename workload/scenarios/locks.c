// SPDX-License-Identifier: MIT
//
// A lock whose waits are known. Main thread and waiter take turns by atomic variables and look at
// each other's state through /proc: no other lock is involved.
#include "workload/scenarios/scenario.h"
#include "workload/work.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define CONTENTION_ROUNDS 20
#define HOLD_NS 10000000
#define WAIT_MAX_NS 200000000 // with time lost on a machine that has other things to do

static pthread_mutex_t contention_lock = PTHREAD_MUTEX_INITIALIZER;

// The round of which the lock is held, is asked for, has been left again by the waiter.
static atomic_int held_round, asked_round, left_round;
static atomic_int waiter_tid;

static void await_round(atomic_int *reached, int round)
{
    while (atomic_load(reached) < round)
        scenario_sleep_ns(100000);
}

// The wait begins before the sleep does: it lasts at least HOLD_NS.
SCENARIO_SITE static void contention_hold(int round)
{
    pthread_mutex_lock(&contention_lock);
    atomic_store(&held_round, round);
    await_round(&asked_round, round);
    scenario_await_sleep(atomic_load(&waiter_tid));
    scenario_sleep_ns(HOLD_NS);
    pthread_mutex_unlock(&contention_lock);
}

SCENARIO_SITE static void contention_wait(int round)
{
    atomic_store(&asked_round, round);
    pthread_mutex_lock(&contention_lock);
    pthread_mutex_unlock(&contention_lock);
}

static void *waiter_main(void *unused)
{
    atomic_store(&waiter_tid, gettid());
    for (int round = 1; round <= CONTENTION_ROUNDS; round++) {
        await_round(&held_round, round);
        contention_wait(round);
        atomic_store(&left_round, round);
    }
    return unused;
}

SCENARIO_SITE static void contention(void)
{
    pthread_t waiter;
    int error = pthread_create(&waiter, NULL, waiter_main, NULL);
    if (error)
        work_die("pthread_create", error);
    for (int round = 1; round <= CONTENTION_ROUNDS; round++) {
        contention_hold(round);
        await_round(&left_round, round);
    }
    pthread_join(waiter, NULL);
}

const struct scenario contention_scenario = {
    .name = "contention",
    .summary = "a thread waits for a mutex twenty times, at least 10 ms each",
    .run = contention,
    .expected =
        {
            .locks =
                (const struct expected_lock[]){
                    {.name = "contention_lock",
                     .acquisitions = 2 * CONTENTION_ROUNDS,
                     .contentions = CONTENTION_ROUNDS,
                     .wait_ns_min = (uint64_t)CONTENTION_ROUNDS * HOLD_NS,
                     .wait_ns_max = (uint64_t)CONTENTION_ROUNDS * WAIT_MAX_NS,
                     .waiters =
                         (const struct expected_stack[]){{"contention_wait", CONTENTION_ROUNDS},
                                                         {0}},
                     .holders =
                         (const struct expected_stack[]){{"contention_hold", CONTENTION_ROUNDS},
                                                         {0}}},
                    {0},
                },
            .threads = (const struct expected_thread[]){{"contention", "return", "joined", 1}, {0}},
        },
};
