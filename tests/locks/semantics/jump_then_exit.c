// SPDX-License-Identifier: MIT
// A handler jumps out of a wait that is a cancellation point; the thread then ends by pthread_exit
// or is cancelled, which runs its cleanup handlers and no other's.
// EXPECT: health["complete"]
// WITNESS: without threads
#include "mutex_kind.h"

#include <setjmp.h>
#include <signal.h>

static pthread_cond_t cond;
static pthread_t lasting;
static sem_t sem;
static sigjmp_buf jump;
static volatile pid_t tid;
static volatile int cleanups, in_pause;
static int may_end;

static void handler(int signal)
{
    (void)signal;
    siglongjmp(jump, 1);
}

static void cleanup(void *unused)
{
    (void)unused;
    cleanups++;
}

static void in_sem(void)
{
    sem_wait(&sem);
}

static void in_sem_timed(void)
{
    struct timespec end = from_now(CLOCK_REALTIME, LONG_MS);

    sem_timedwait(&sem, &end);
}

static void in_sem_clock(void)
{
    struct timespec end = from_now(CLOCK_MONOTONIC, LONG_MS);

    sem_clockwait(&sem, CLOCK_MONOTONIC, &end);
}

static void in_cond(void)
{
    pthread_mutex_lock(&mutex);
    for (;;)
        pthread_cond_wait(&cond, &mutex);
}

static void in_cond_timed(void)
{
    struct timespec end = from_now(CLOCK_REALTIME, LONG_MS);

    pthread_mutex_lock(&mutex);
    for (;;)
        pthread_cond_timedwait(&cond, &mutex, &end);
}

static void in_join(void)
{
    pthread_join(lasting, NULL);
}

static void (*const waits[])(void) = {in_sem,  in_sem_timed,  in_sem_clock,
                                      in_cond, in_cond_timed, in_join};
#define WAITS (sizeof(waits) / sizeof(waits[0]))

enum ending { RETURNS, EXITS, IS_CANCELLED, ENDINGS };

// Where the frames of the wait were, something else is now.
static int overwrite(int depth)
{
    volatile long words[64];

    for (int i = 0; i < 64; i++)
        words[i] = 5;
    return (int)words[depth & 63] + (depth == 0 ? 0 : overwrite(depth - 1));
}

static void *work(void *argument)
{
    long which = (long)argument;

    pthread_cleanup_push(cleanup, NULL);
    if (sigsetjmp(jump, 1) == 0) {
        tid = gettid();
        waits[which / ENDINGS]();
    }
    overwrite(10);
    if (which % ENDINGS == EXITS)
        pthread_exit("exits");
    in_pause = 1;
    while (which % ENDINGS == IS_CANCELLED)
        pause();
    pthread_cleanup_pop(0);
    return "returns";
}

static void *last(void *unused)
{
    while (!__atomic_load_n(&may_end, __ATOMIC_ACQUIRE))
        sleep_ms(1);
    return unused;
}

static void try_one(long which)
{
    static const struct kind kind;
    pthread_t thread;
    void *result;

    init(&kind);
    pthread_cond_init(&cond, NULL);
    sem_init(&sem, 0, 0);
    tid = cleanups = in_pause = 0;
    pthread_create(&thread, NULL, work, (void *)which);
    while (!tid)
        sleep_ms(1);
    await_sleep(tid);
    pthread_kill(thread, SIGUSR1);
    while (which % ENDINGS == IS_CANCELLED && !in_pause)
        sleep_ms(1);
    if (which % ENDINGS == IS_CANCELLED)
        pthread_cancel(thread);
    printf("wait %ld: join %s", which / ENDINGS, code(pthread_join(thread, &result)));
    printf(" %s, %d cleanups\n", result == PTHREAD_CANCELED ? "cancelled" : (char *)result,
           cleanups);
}

int main(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    sigaction(SIGUSR1, &action, NULL);
    pthread_create(&lasting, NULL, last, NULL);
    for (long which = 0; which < (long)WAITS * ENDINGS; which++)
        try_one(which);
    __atomic_store_n(&may_end, 1, __ATOMIC_RELEASE);
    return 0;
}
