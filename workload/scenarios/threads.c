// SPDX-License-Identifier: MIT
//
// Threads that end, or don't, in each of the ways there are. Whoever is said to have finished has
// left the kernel before the main thread goes on: no figure depends on luck.
#include "workload/scenarios/scenario.h"
#include "workload/work.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define JOINED_THREADS 5
#define DETACHED_AT_CREATION 2
#define DETACHED_LATER 3
#define LEAKED_THREADS 4
#define RUNNING_THREADS 3
#define RETURNING_THREADS 2
#define EXITING_THREADS 3
#define CANCELLED_THREADS 4

// Each thread that is watched from outside enters its kernel id here; 0: not started yet.
static atomic_int tids[16];

static int await_start(int index)
{
    int tid;
    while ((tid = atomic_load(&tids[index])) == 0)
        scenario_sleep_ns(100000);
    return tid;
}

static void await_ends(int count)
{
    for (int i = 0; i < count; i++)
        scenario_await_end(await_start(i));
}

static void check(int error)
{
    if (error)
        work_die("pthread_create", error);
}

static void *returning_main(void *entry)
{
    if (entry)
        atomic_store((atomic_int *)entry, gettid());
    return NULL;
}

static void *exiting_main(void *unused)
{
    pthread_exit(unused);
}

static void *waiting_main(void *entry)
{
    atomic_store((atomic_int *)entry, gettid());
    for (;;)
        pause();
    return NULL;
}

// --- threads-joined ---

SCENARIO_SITE static void threads_joined(void)
{
    pthread_t threads[JOINED_THREADS];
    for (int i = 0; i < JOINED_THREADS; i++)
        check(pthread_create(&threads[i], NULL, returning_main, NULL));
    for (int i = 0; i < JOINED_THREADS; i++)
        pthread_join(threads[i], NULL);
}

const struct scenario threads_joined_scenario = {
    .name = "threads-joined",
    .summary = "threads that finish and are joined: nothing to find",
    .run = threads_joined,
    .expected = {.threads =
                     (const struct expected_thread[]){
                         {"threads_joined", "return", "joined", JOINED_THREADS},
                         {0},
                     }},
};

// --- thread-detached: by attribute, and by pthread_detach ---

SCENARIO_SITE static void detached_at_creation(void)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    for (int i = 0; i < DETACHED_AT_CREATION; i++)
        check(pthread_create(&thread, &attributes, returning_main, &tids[i]));
    pthread_attr_destroy(&attributes);
}

SCENARIO_SITE static void detached_later(void)
{
    for (int i = 0; i < DETACHED_LATER; i++) {
        pthread_t thread;
        check(pthread_create(&thread, NULL, returning_main, &tids[DETACHED_AT_CREATION + i]));
        pthread_detach(thread);
    }
}

static void thread_detached(void)
{
    detached_at_creation();
    detached_later();
    await_ends(DETACHED_AT_CREATION + DETACHED_LATER);
}

const struct scenario thread_detached_scenario = {
    .name = "thread-detached",
    .summary = "detached threads that finish: nothing to find",
    .run = thread_detached,
    .expected = {.threads =
                     (const struct expected_thread[]){
                         {"detached_at_creation", "return", "detached", DETACHED_AT_CREATION},
                         {"detached_later", "return", "detached", DETACHED_LATER},
                         {0},
                     }},
};

// --- thread-leak: finished, neither joined nor detached ---

SCENARIO_SITE static void thread_leak_start(void)
{
    for (int i = 0; i < LEAKED_THREADS; i++) {
        pthread_t thread;
        check(pthread_create(&thread, NULL, returning_main, &tids[i]));
    }
}

static void thread_leak(void)
{
    thread_leak_start();
    await_ends(LEAKED_THREADS);
}

const struct scenario thread_leak_scenario = {
    .name = "thread-leak",
    .summary = "threads that finish and are never joined",
    .run = thread_leak,
    .expected = {.threads =
                     (const struct expected_thread[]){
                         {"thread_leak_start", "return", "leaked", LEAKED_THREADS},
                         {0},
                     }},
};

// --- thread-running: still there when the program ends ---

SCENARIO_SITE static void thread_running_start(void)
{
    for (int i = 0; i < RUNNING_THREADS; i++) {
        pthread_t thread;
        check(pthread_create(&thread, NULL, waiting_main, &tids[i]));
    }
}

static void thread_running(void)
{
    thread_running_start();
    for (int i = 0; i < RUNNING_THREADS; i++)
        await_start(i);
}

const struct scenario thread_running_scenario = {
    .name = "thread-running",
    .summary = "threads that still run when the program ends",
    .run = thread_running,
    .expected = {.threads =
                     (const struct expected_thread[]){
                         {"thread_running_start", "process end", "running", RUNNING_THREADS},
                         {0},
                     }},
};

// --- thread-exit-kinds: the three ways a thread ends, all joined ---

SCENARIO_SITE static void exit_kinds_return(void)
{
    for (int i = 0; i < RETURNING_THREADS; i++) {
        pthread_t thread;
        check(pthread_create(&thread, NULL, returning_main, NULL));
        pthread_join(thread, NULL);
    }
}

SCENARIO_SITE static void exit_kinds_exit(void)
{
    for (int i = 0; i < EXITING_THREADS; i++) {
        pthread_t thread;
        check(pthread_create(&thread, NULL, exiting_main, NULL));
        pthread_join(thread, NULL);
    }
}

SCENARIO_SITE static void exit_kinds_cancel(void)
{
    for (int i = 0; i < CANCELLED_THREADS; i++) {
        pthread_t thread;
        check(pthread_create(&thread, NULL, waiting_main, &tids[i]));
        await_start(i);
        pthread_cancel(thread);
        pthread_join(thread, NULL);
    }
}

static void thread_exit_kinds(void)
{
    exit_kinds_return();
    exit_kinds_exit();
    exit_kinds_cancel();
}

const struct scenario thread_exit_kinds_scenario = {
    .name = "thread-exit-kinds",
    .summary = "threads that return, call pthread_exit, are cancelled; all joined",
    .run = thread_exit_kinds,
    .expected = {.threads =
                     (const struct expected_thread[]){
                         {"exit_kinds_return", "return", "joined", RETURNING_THREADS},
                         {"exit_kinds_exit", "pthread_exit", "joined", EXITING_THREADS},
                         {"exit_kinds_cancel", "cancelled", "joined", CANCELLED_THREADS},
                         {0},
                     }},
};
