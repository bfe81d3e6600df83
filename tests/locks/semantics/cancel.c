// SPDX-License-Identifier: MIT
// Cancellation of threads that wait: in condition waits (the mutex is held in the cleanup handler),
// semaphores and joins, but not in mutexes, reader-writer and spin locks and barriers; pending,
// disabled and asynchronous.
// EXPECT: health["complete"]
#include "mutex_kind.h"

static pthread_cond_t cond;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
static pthread_barrier_t barrier;
static sem_t sem;
static pthread_t lasting;
static volatile pid_t lasting_tid;
static int lasting_may_end;
static struct timespec realtime, monotonic; // never reached

// What the cancelled thread saw, printed once it has ended.
static struct {
    pid_t tid;
    volatile int is_ready, may_go;
    int returned, cleanups, others_trylock, own_unlock;
} seen;

static void cleanup(void *unused)
{
    (void)unused;
    seen.cleanups++;
}

static void cleanup_mutex(void *unused)
{
    (void)unused;
    seen.cleanups++;
    seen.others_trylock = other_do(&other, op_trylock, NULL);
    seen.own_unlock = pthread_mutex_unlock(&mutex);
}

static void ready(void)
{
    seen.tid = gettid();
    seen.is_ready = 1;
}

static void *in_cond(void *which)
{
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(cleanup_mutex, NULL);
    ready();
    for (;;)
        if (which == (void *)0)
            pthread_cond_wait(&cond, &mutex);
        else if (which == (void *)1)
            pthread_cond_timedwait(&cond, &mutex, &realtime);
        else
            pthread_cond_clockwait(&cond, &mutex, CLOCK_MONOTONIC, &monotonic);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *in_sem(void *which)
{
    pthread_cleanup_push(cleanup, NULL);
    ready();
    if (which == (void *)0)
        seen.returned = sem_wait(&sem);
    else if (which == (void *)1)
        seen.returned = sem_timedwait(&sem, &realtime);
    else
        seen.returned = sem_clockwait(&sem, CLOCK_MONOTONIC, &monotonic);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *in_join(void *which)
{
    pthread_cleanup_push(cleanup, NULL);
    ready();
    if (which == (void *)0)
        seen.returned = pthread_join(lasting, NULL);
    else if (which == (void *)1)
        seen.returned = pthread_timedjoin_np(lasting, NULL, &realtime);
    else
        seen.returned = pthread_clockjoin_np(lasting, NULL, CLOCK_MONOTONIC, &monotonic);
    pthread_cleanup_pop(0);
    return NULL;
}

static void start(pthread_t *thread, void *(*work)(void *), long which)
{
    memset(&seen, 0, sizeof(seen));
    seen.returned = -77;
    pthread_create(thread, NULL, work, (void *)which);
    while (!seen.is_ready)
        sleep_ms(1);
}

static void print_end(const char *name, pthread_t thread)
{
    void *result;
    int joined = pthread_join(thread, &result);

    printf("%s: join %s %s, %d cleanups, returned %d, other's trylock %s, unlock %s", name,
           code(joined), result == PTHREAD_CANCELED ? "cancelled" : "ended", seen.cleanups,
           seen.returned, code(seen.others_trylock), code(seen.own_unlock));
}

static void try_conds(void)
{
    static const struct kind kinds[] = {
        {PTHREAD_MUTEX_NORMAL, 0, 0, 0},     {PTHREAD_MUTEX_RECURSIVE, 0, 0, 0},
        {PTHREAD_MUTEX_ERRORCHECK, 0, 0, 0}, {PTHREAD_MUTEX_ADAPTIVE_NP, 0, 0, 0},
        {PTHREAD_MUTEX_NORMAL, 1, 0, 1},     {PTHREAD_MUTEX_NORMAL, 0, 1, 0}};

    for (int i = 0; i < 6 * 3; i++) {
        pthread_t thread;

        init(&kinds[i / 3]);
        pthread_cond_init(&cond, NULL);
        start(&thread, in_cond, i % 3);
        await_sleep(seen.tid);
        printf("cancel %s, ", code(pthread_cancel(thread)));
        print_end("condition", thread);
        print_after("lock", pthread_mutex_lock(&mutex));
        print_after("unlock", pthread_mutex_unlock(&mutex));
        printf("  destroy %s\n", code(pthread_cond_destroy(&cond)));
    }
}

static void *last(void *unused)
{
    lasting_tid = gettid();
    while (!__atomic_load_n(&lasting_may_end, __ATOMIC_ACQUIRE))
        sleep_ms(1);
    return unused;
}

// A thread to be joined, which has ended if so asked.
static void start_last(int has_ended)
{
    char path[64];

    lasting_tid = 0;
    __atomic_store_n(&lasting_may_end, has_ended, __ATOMIC_RELEASE);
    pthread_create(&lasting, NULL, last, NULL);
    while (!lasting_tid)
        sleep_ms(1);
    snprintf(path, sizeof(path), "/proc/self/task/%d", (int)lasting_tid);
    while (has_ended && access(path, F_OK) == 0)
        sleep_ms(1);
}

static void try_sems_and_joins(void)
{
    pthread_t thread;

    for (int i = 0; i < 3; i++) {
        int value;

        sem_init(&sem, 0, 0);
        start(&thread, in_sem, i);
        await_sleep(seen.tid);
        pthread_cancel(thread);
        print_end("semaphore", thread);
        sem_post(&sem);
        sem_getvalue(&sem, &value);
        printf(", then %d\n", value);
    }
    start_last(0);
    for (int i = 0; i < 3; i++) {
        start(&thread, in_join, i);
        await_sleep(seen.tid);
        pthread_cancel(thread);
        print_end("join", thread);
        putchar('\n');
    }
    __atomic_store_n(&lasting_may_end, 1, __ATOMIC_RELEASE);
    print_end("join of it then", lasting);
    putchar('\n');
}

static int lock_rwlock_read(void)
{
    return pthread_rwlock_rdlock(&rwlock);
}

static int lock_rwlock_write(void)
{
    return pthread_rwlock_wrlock(&rwlock);
}

static int lock_rwlock_read_timed(void)
{
    return pthread_rwlock_timedrdlock(&rwlock, &realtime);
}

static int lock_rwlock_write_clock(void)
{
    return pthread_rwlock_clockwrlock(&rwlock, CLOCK_MONOTONIC, &monotonic);
}

static int lock_mutex(void)
{
    return pthread_mutex_lock(&mutex);
}

static int lock_mutex_timed(void)
{
    return pthread_mutex_timedlock(&mutex, &realtime);
}

static int lock_mutex_clock(void)
{
    return pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &monotonic);
}

static int lock_spin(void)
{
    return pthread_spin_lock(&spin);
}

static int wait_barrier(void)
{
    return pthread_barrier_wait(&barrier) == 0 ? 0 : 1;
}

static int unlock_rwlock(void)
{
    return pthread_rwlock_unlock(&rwlock);
}

static int unlock_mutex(void)
{
    return pthread_mutex_unlock(&mutex);
}

static int unlock_spin(void)
{
    return pthread_spin_unlock(&spin);
}

static int no_lock(void)
{
    return 0;
}

// hold and release are main's, wait is what the cancelled thread does.
static const struct not_a_point {
    const char *name;
    int (*hold)(void), (*wait)(void), (*release)(void), (*give_back)(void);
} not_points[] = {
    {"mutex_lock", lock_mutex, lock_mutex, unlock_mutex, unlock_mutex},
    {"mutex_timedlock", lock_mutex, lock_mutex_timed, unlock_mutex, unlock_mutex},
    {"mutex_clocklock", lock_mutex, lock_mutex_clock, unlock_mutex, unlock_mutex},
    {"rdlock", lock_rwlock_write, lock_rwlock_read, unlock_rwlock, unlock_rwlock},
    {"wrlock", lock_rwlock_write, lock_rwlock_write, unlock_rwlock, unlock_rwlock},
    {"timedrdlock", lock_rwlock_write, lock_rwlock_read_timed, unlock_rwlock, unlock_rwlock},
    {"clockwrlock", lock_rwlock_read, lock_rwlock_write_clock, unlock_rwlock, unlock_rwlock},
    {"spin_lock", lock_spin, lock_spin, unlock_spin, unlock_spin},
    {"barrier_wait", no_lock, wait_barrier, wait_barrier, no_lock},
};
#define NOT_POINTS (sizeof(not_points) / sizeof(not_points[0]))

static void *in_not_a_point(void *which)
{
    const struct not_a_point *point = &not_points[(long)which];

    pthread_cleanup_push(cleanup, NULL);
    ready();
    seen.returned = point->wait();
    if (point->wait == wait_barrier)
        seen.returned = 0; // either of the two may be the serial one
    seen.own_unlock = point->give_back();
    pthread_testcancel();
    pthread_cleanup_pop(0);
    return NULL;
}

static void try_not_points(void)
{
    static const struct kind kind;

    init(&kind);
    pthread_barrier_init(&barrier, NULL, 2);
    for (unsigned i = 0; i < NOT_POINTS; i++) {
        pthread_t thread;

        not_points[i].hold();
        start(&thread, in_not_a_point, i);
        if (not_points[i].wait == lock_spin)
            sleep_ms(SHORT_MS);
        else
            await_sleep(seen.tid);
        pthread_cancel(thread);
        sleep_ms(SHORT_MS);
        printf("%d ", pthread_tryjoin_np(thread, NULL) == EBUSY);
        not_points[i].release();
        print_end(not_points[i].name, thread);
        putchar('\n');
    }
}

// The request is there before the call: a row of 3 is the same with three functions.
enum row { IN_SEM, IN_JOIN, IN_JOIN_ENDED, IN_COND, IN_OTHERS, IN_NOT_POINTS = IN_OTHERS + 2 };

static int call_other(int which)
{
    if (which == 0)
        return sem_trywait(&sem);
    if (which == 1)
        return pthread_tryjoin_np(lasting, NULL);
    if (which == 2)
        return sem_post(&sem);
    if (which == 3)
        return pthread_cond_signal(&cond);
    return which == 4 ? pthread_cond_broadcast(&cond) : pthread_mutex_trylock(&mutex);
}

static void *with_pending(void *which)
{
    long i = (long)which;
    enum row row = (enum row)(i / 3);

    ready();
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    while (!__atomic_load_n(&seen.may_go, __ATOMIC_ACQUIRE))
        sleep_ms(1);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    if (row == IN_SEM)
        return in_sem((void *)(i % 3));
    if (row == IN_JOIN || row == IN_JOIN_ENDED)
        return in_join((void *)(i % 3));
    if (row == IN_COND)
        return in_cond((void *)(i % 3));
    pthread_cleanup_push(cleanup, NULL);
    if (row < IN_NOT_POINTS)
        seen.returned = call_other(i - IN_OTHERS * 3);
    else {
        seen.returned = not_points[i - IN_NOT_POINTS * 3].wait();
        seen.own_unlock = not_points[i - IN_NOT_POINTS * 3].give_back();
    }
    pthread_testcancel();
    pthread_cleanup_pop(0);
    return NULL;
}

static void try_pending(void)
{
    static const struct kind kind;

    pthread_barrier_init(&barrier, NULL, 1);
    for (long i = 0; i < (long)(IN_NOT_POINTS * 3 + NOT_POINTS); i++) {
        pthread_t thread;
        char name[40];
        int value;

        init(&kind);
        pthread_cond_init(&cond, NULL);
        sem_init(&sem, 0, 3);
        start_last(i / 3 == IN_JOIN_ENDED);
        start(&thread, with_pending, i);
        pthread_cancel(thread);
        __atomic_store_n(&seen.may_go, 1, __ATOMIC_RELEASE);
        snprintf(name, sizeof(name), "pending %ld", i);
        print_end(name, thread);
        sem_getvalue(&sem, &value);
        printf(", semaphore %d\n", value);
        __atomic_store_n(&lasting_may_end, 1, __ATOMIC_RELEASE);
        if (i / 3 != IN_JOIN_ENDED || seen.returned != 0)
            pthread_join(lasting, NULL);
    }
}

static void *disabled(void *unused)
{
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    ready();
    seen.returned = sem_wait(&sem);
    seen.own_unlock = pthread_mutex_lock(&mutex) + pthread_mutex_unlock(&mutex);
    return unused;
}

static void *computes(void *unused)
{
    static volatile double sum;

    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    pthread_cleanup_push(cleanup, NULL);
    ready();
    for (int i = 1;; i++)
        sum = sum + 1.0 / i;
    pthread_cleanup_pop(0);
    return unused;
}

static void try_others(void)
{
    pthread_t thread;

    sem_init(&sem, 0, 0);
    start(&thread, disabled, 0);
    await_sleep(seen.tid);
    pthread_cancel(thread);
    sem_post(&sem);
    print_end("disabled", thread);
    putchar('\n');
    for (int i = 0; i < 20; i++) {
        start(&thread, computes, 0);
        pthread_cancel(thread);
        print_end("asynchronous", thread);
        putchar('\n');
    }
}

int main(void)
{
    realtime = from_now(CLOCK_REALTIME, LONG_MS);
    monotonic = from_now(CLOCK_MONOTONIC, LONG_MS);
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    other_start(&other);
    try_conds();
    try_sems_and_joins();
    try_not_points();
    try_pending();
    try_others();
    other_end(&other);
    return 0;
}
