// SPDX-License-Identifier: MIT
// Handlers that run while a thread waits for a lock: they post, return, or jump out of the wait,
// with and without SA_RESTART. A handler that uses locks of its own changes nothing for the waiter.
// EXPECT: health["complete"]
#include "mutex_kind.h"

#include <setjmp.h>
#include <signal.h>

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static sem_t sem, posted;
static sigjmp_buf jump;
static volatile sig_atomic_t handled, jumps;
static int may_wake;

static void handler(int signal)
{
    int saved = errno;

    (void)signal;
    sem_post(&posted);
    handled++;
    errno = saved;
    if (jumps)
        siglongjmp(jump, 1);
}

static int in_mutex(void)
{
    return pthread_mutex_lock(&mutex);
}

static int in_mutex_timed(void)
{
    struct timespec end = from_now(CLOCK_REALTIME, LONG_MS);

    return pthread_mutex_timedlock(&mutex, &end);
}

static int in_rdlock(void)
{
    return pthread_rwlock_rdlock(&rwlock);
}

static int in_wrlock(void)
{
    return pthread_rwlock_wrlock(&rwlock);
}

static int in_sem(void)
{
    return sem_wait(&sem) == 0 ? 0 : errno;
}

static int in_barrier(void)
{
    int result = pthread_barrier_wait(&barrier);

    return result == PTHREAD_BARRIER_SERIAL_THREAD ? 0 : result;
}

static int in_cond(void)
{
    int result = 0;

    pthread_mutex_lock(&mutex);
    while (result == 0 && !may_wake)
        result = pthread_cond_wait(&cond, &mutex);
    pthread_mutex_unlock(&mutex);
    return result;
}

static int give_mutex(void)
{
    return pthread_mutex_unlock(&mutex);
}

static int give_rwlock(void)
{
    return pthread_rwlock_unlock(&rwlock);
}

static int give_sem(void)
{
    return sem_post(&sem);
}

static int give_cond(void)
{
    pthread_mutex_lock(&mutex);
    may_wake = 1;
    pthread_mutex_unlock(&mutex);
    return pthread_cond_signal(&cond);
}

static int nothing(void)
{
    return 0;
}

// What the main thread does before, the other waits in, the main thread gives, the other gives
// back.
static const struct wait {
    const char *name;
    int (*hold)(void), (*wait)(void), (*give)(void), (*give_back)(void);
} waits[] = {
    {"mutex", in_mutex, in_mutex, give_mutex, give_mutex},
    {"mutex timed", in_mutex, in_mutex_timed, give_mutex, give_mutex},
    {"rdlock", in_wrlock, in_rdlock, give_rwlock, give_rwlock},
    {"wrlock", in_wrlock, in_wrlock, give_rwlock, give_rwlock},
    {"wrlock of read", in_rdlock, in_wrlock, give_rwlock, give_rwlock},
    {"semaphore", nothing, in_sem, give_sem, nothing},
    {"barrier", nothing, in_barrier, in_barrier, nothing},
    {"condition", nothing, in_cond, give_cond, nothing},
};
#define WAITS (sizeof(waits) / sizeof(waits[0]))

static int wait_there(void *argument)
{
    const struct wait *wait = argument;
    int result = wait->wait();

    return result != 0 ? result : wait->give_back();
}

static int wait_or_jump(void *argument)
{
    if (sigsetjmp(jump, 1) == 0)
        return wait_there(argument);
    return ECANCELED;
}

static void set_handler(int flags)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigaction(SIGUSR1, &action, NULL);
}

static void signal_other(void)
{
    handled = 0;
    pthread_kill(other.thread, SIGUSR1);
    while (!handled)
        sleep_ms(1);
}

// The handler runs and returns; the wait goes on, but for sem_wait without SA_RESTART.
static void try_returning(const struct wait *wait, int flags)
{
    int value, is_interrupted = wait->wait == in_sem && flags == 0;

    set_handler(flags);
    may_wake = jumps = 0;
    sem_init(&posted, 0, 0);
    printf("%s, %s: hold %s", wait->name, flags ? "restarts" : "interrupts", code(wait->hold()));
    other_begin_asleep(&other, wait_there, (void *)wait);
    signal_other();
    if (!is_interrupted) {
        await_sleep(other.tid);
        signal_other();
        printf(", give %s", code(wait->give()));
    }
    printf(", waited %s", code(other_result(&other)));
    sem_getvalue(&posted, &value);
    printf(", posted %d\n", value);
}

// The handler jumps out of the wait: the thread never gets the lock, and others still can.
static void try_jumping(const struct wait *wait)
{
    set_handler(SA_RESTART);
    may_wake = 0;
    jumps = 1;
    sem_init(&posted, 0, 0);
    printf("%s: hold %s", wait->name, code(wait->hold()));
    other_begin_asleep(&other, wait_or_jump, (void *)wait);
    signal_other();
    printf(", waited %s", code(other_result(&other)));
    jumps = 0;
    printf(", give %s", code(wait->give()));
    printf(", again %s", code(other_do(&other, wait_or_jump, (void *)wait)));
    printf(", hold %s", code(wait->hold()));
    printf(", give %s\n", code(wait->give()));
}

static void fresh(const struct kind *kind)
{
    init(kind);
    rwlock = (pthread_rwlock_t)PTHREAD_RWLOCK_INITIALIZER;
    sem_init(&sem, 0, 0);
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_cond_init(&cond, NULL);
}

// Not of reader-writer locks and barriers: glibc counts a waiter in those, which a jump makes
// wrong.
static void jump_out(void)
{
    for (int i = 0; i < 4 * 2; i++) {
        struct kind kind = {i % 4, 0, i / 4, 0};

        fresh(&kind);
        printf("%s %s ", types[kind.type], protocols[kind.protocol]);
        try_jumping(&waits[0]);
        fresh(&kind);
        printf("%s %s ", types[kind.type], protocols[kind.protocol]);
        try_jumping(&waits[1]);
    }
    try_jumping(&waits[5]);
}

static pthread_mutex_t another = PTHREAD_MUTEX_INITIALIZER;

static int op_lock_another(void *unused)
{
    (void)unused;
    return pthread_mutex_lock(&another);
}

static int op_sleep_and_unlock(void *unused)
{
    (void)unused;
    await_sleep(getpid());
    return pthread_mutex_unlock(&another);
}

// It no longer waits for the first mutex when the holder of that waits for its second: no circle.
static void hold_after_jump(void)
{
    static const struct kind normal;

    fresh(&normal);
    set_handler(SA_RESTART);
    jumps = 1;
    pthread_mutex_lock(&mutex);
    other_begin_asleep(&other, wait_or_jump, (void *)&waits[0]);
    signal_other();
    printf("after a jump: %s", code(other_result(&other)));
    jumps = 0;
    printf(", other's lock %s", code(other_do(&other, op_lock_another, NULL)));
    other_begin(&other, op_sleep_and_unlock, NULL);
    printf(", lock %s", code(pthread_mutex_lock(&another)));
    printf(", other's unlock %s", code(other_result(&other)));
    printf(", unlock %s", code(pthread_mutex_unlock(&another)));
    printf(" %s\n", code(pthread_mutex_unlock(&mutex)));
}

int main(void)
{
    static const struct kind normal;

    other_start(&other);
    for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART)
        for (unsigned i = 0; i < WAITS; i++) {
            fresh(&normal);
            try_returning(&waits[i], flags);
        }
    jump_out();
    hold_after_jump();
    other_end(&other);
    return 0;
}
