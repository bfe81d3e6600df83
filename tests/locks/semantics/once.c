// SPDX-License-Identifier: MIT
// pthread_once: run once under many threads, run again when its first run was cancelled, nested.
// EXPECT: health["complete"]
#include "codes.h"

#include <signal.h>

#define THREADS 8
#define ROUNDS 50

static pthread_once_t once = PTHREAD_ONCE_INIT, inner = PTHREAD_ONCE_INIT;
static pthread_barrier_t barrier;
static int runs, inner_runs, seen_late, cleanups;
static volatile pid_t tid;
static pid_t late_tid;
static sem_t sem;

static void run(void)
{
    sched_yield();
    runs++;
}

static void *take_part(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
            runs = 0;
            once = (pthread_once_t)PTHREAD_ONCE_INIT;
        }
        pthread_barrier_wait(&barrier);
        if (pthread_once(&once, run) != 0 || runs != 1)
            __atomic_fetch_add(&seen_late, 1, __ATOMIC_RELAXED);
    }
    return unused;
}

static void try_many(void)
{
    pthread_t threads[THREADS];

    pthread_barrier_init(&barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, take_part, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("many: %d run, %d saw it unfinished\n", runs, seen_late);
}

static void cleanup(void *unused)
{
    (void)unused;
    cleanups++;
}

static void run_cancelled(void)
{
    runs++;
    tid = gettid();
    pthread_cleanup_push(cleanup, NULL);
    while (sem_wait(&sem) != 0)
        ;
    pthread_cleanup_pop(0);
}

static void *call(void *unused)
{
    return pthread_once(&once, run_cancelled) == 0 ? unused : NULL;
}

static void *call_late(void *own_tid)
{
    __atomic_store_n((pid_t *)own_tid, gettid(), __ATOMIC_RELEASE);
    return call(NULL);
}

// The second thread waits for the first, which is cancelled, and runs it itself.
static void try_cancelled(void)
{
    pthread_t first, second;
    pid_t late = 0;
    void *result;

    once = (pthread_once_t)PTHREAD_ONCE_INIT;
    runs = tid = 0;
    sem_init(&sem, 0, 0);
    pthread_create(&first, NULL, call, NULL);
    while (!tid)
        sleep_ms(1);
    await_sleep(tid);
    pthread_create(&second, NULL, call_late, &late);
    while (!__atomic_load_n(&late, __ATOMIC_ACQUIRE))
        sleep_ms(1);
    await_sleep(late);
    pthread_cancel(first);
    pthread_join(first, &result);
    sem_post(&sem);
    printf("cancelled: first %s", result == PTHREAD_CANCELED ? "cancelled" : "ended");
    pthread_join(second, &result);
    printf(", second %s, %d runs, %d cleanups, now %s\n",
           result == PTHREAD_CANCELED ? "cancelled" : "ended", runs, cleanups,
           code(pthread_once(&once, run_cancelled)));
}

static void run_inner(void)
{
    inner_runs++;
}

static void run_outer(void)
{
    runs++;
    printf("inner %s", code(pthread_once(&inner, run_inner)));
}

static void try_nested(void)
{
    once = (pthread_once_t)PTHREAD_ONCE_INIT;
    runs = 0;
    printf("nested: ");
    for (int i = 0; i < 2; i++)
        printf(", outer %s", code(pthread_once(&once, run_outer)));
    printf(", inner %s", code(pthread_once(&inner, run_inner)));
    printf(", %d %d runs\n", runs, inner_runs);
}

static pthread_once_t of_handler = PTHREAD_ONCE_INIT;
static volatile sig_atomic_t handled;

static void handler(int signal)
{
    (void)signal;
    pthread_once(&of_handler, run_inner);
    handled = 1;
}

static void *call_on_other_stack(void *argument)
{
    stack_t *stack = argument;
    void *result;

    sigaltstack(stack, NULL);
    result = call_late(&late_tid);
    stack->ss_flags = SS_DISABLE;
    sigaltstack(stack, NULL);
    return result;
}

// A thread waits for a once while a handler, on a stack that lies above the thread's, calls
// another; then it runs the routine itself.
static void try_handler(void)
{
    struct sigaction action;
    char memory[65536];
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};
    pthread_t first, second;
    void *result;

    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    action.sa_flags = SA_ONSTACK | SA_RESTART;
    sigaction(SIGUSR1, &action, NULL);
    once = (pthread_once_t)PTHREAD_ONCE_INIT;
    runs = inner_runs = tid = late_tid = 0;
    sem_init(&sem, 0, 0);
    pthread_create(&first, NULL, call, NULL);
    while (!tid)
        sleep_ms(1);
    await_sleep(tid);
    pthread_create(&second, NULL, call_on_other_stack, &stack);
    while (!__atomic_load_n(&late_tid, __ATOMIC_ACQUIRE))
        sleep_ms(1);
    await_sleep(late_tid);
    pthread_kill(second, SIGUSR1);
    while (!handled)
        sleep_ms(1);
    pthread_cancel(first);
    pthread_join(first, &result);
    sem_post(&sem);
    pthread_join(second, &result);
    printf("handler: %d runs, %d of the handler's\n", runs, inner_runs);
}

int main(void)
{
    try_many();
    try_cancelled();
    try_nested();
    try_handler();
    return 0;
}
