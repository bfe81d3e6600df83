// SPDX-License-Identifier: MIT
// No operation on a lock that succeeds changes errno, nor does one that returns its error; those
// that fail with -1 set it.
// EXPECT: health["complete"]
#include "codes.h"

#define UNTOUCHED 4711

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_spinlock_t spin;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t sem;
static struct timespec past = {1, 0};

static void nothing(void) {}

static void *return_it(void *argument)
{
    return argument;
}

// An operation, and errno after it.
#define TRY(operation)                                                                             \
    do {                                                                                           \
        int result_, errno_;                                                                       \
        errno = UNTOUCHED;                                                                         \
        result_ = (operation);                                                                     \
        errno_ = errno;                                                                            \
        printf("%s: %d, errno %s\n", #operation, result_,                                          \
               errno_ == UNTOUCHED ? "untouched" : code(errno_));                                  \
    } while (0)

static void try_mutex(int type, int robust, int protocol)
{
    pthread_mutexattr_t attributes;

    printf("mutex %d %d %d\n", type, robust, protocol);
    TRY(pthread_mutexattr_init(&attributes));
    TRY(pthread_mutexattr_settype(&attributes, type));
    TRY(pthread_mutexattr_setrobust(&attributes, robust));
    TRY(pthread_mutexattr_setprotocol(&attributes, protocol));
    TRY(pthread_mutex_init(&mutex, &attributes));
    TRY(pthread_mutex_lock(&mutex));
    TRY(pthread_cond_timedwait(&cond, &mutex, &past));
    TRY(pthread_cond_clockwait(&cond, &mutex, CLOCK_MONOTONIC, &past));
    if (type != PTHREAD_MUTEX_NORMAL)
        TRY(pthread_mutex_lock(&mutex));
    TRY(pthread_mutex_trylock(&mutex));
    TRY(pthread_mutex_timedlock(&mutex, &past));
    TRY(pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &past));
    TRY(pthread_mutex_clocklock(&mutex, 77, &past));
    TRY(pthread_mutex_consistent(&mutex));
    for (int i = 0; i < (type == PTHREAD_MUTEX_RECURSIVE ? 5 : 1); i++)
        TRY(pthread_mutex_unlock(&mutex));
    if (type != PTHREAD_MUTEX_NORMAL)
        TRY(pthread_mutex_unlock(&mutex));
    TRY(pthread_mutex_trylock(&mutex));
    TRY(pthread_mutex_unlock(&mutex));
    TRY(pthread_mutex_timedlock(&mutex, &past));
    TRY(pthread_mutex_unlock(&mutex));
    TRY(pthread_mutex_destroy(&mutex));
}

static void try_rwlock(void)
{
    TRY(pthread_rwlock_init(&rwlock, NULL));
    TRY(pthread_rwlock_rdlock(&rwlock));
    TRY(pthread_rwlock_tryrdlock(&rwlock));
    TRY(pthread_rwlock_trywrlock(&rwlock));
    TRY(pthread_rwlock_timedwrlock(&rwlock, &past));
    TRY(pthread_rwlock_clockwrlock(&rwlock, CLOCK_MONOTONIC, &past));
    TRY(pthread_rwlock_unlock(&rwlock));
    TRY(pthread_rwlock_unlock(&rwlock));
    TRY(pthread_rwlock_wrlock(&rwlock));
    TRY(pthread_rwlock_wrlock(&rwlock));
    TRY(pthread_rwlock_rdlock(&rwlock));
    TRY(pthread_rwlock_timedrdlock(&rwlock, &past));
    TRY(pthread_rwlock_unlock(&rwlock));
    TRY(pthread_rwlock_destroy(&rwlock));
}

static void try_sem(void)
{
    TRY(sem_init(&sem, 0, 1));
    TRY(sem_wait(&sem));
    TRY(sem_trywait(&sem));
    TRY(sem_timedwait(&sem, &past));
    TRY(sem_clockwait(&sem, CLOCK_MONOTONIC, &past));
    TRY(sem_clockwait(&sem, 77, &past));
    TRY(sem_post(&sem));
    TRY(sem_trywait(&sem));
    TRY(sem_post(&sem));
    TRY(sem_timedwait(&sem, &past));
    TRY(sem_destroy(&sem));
}

static int post_it(void *unused)
{
    (void)unused;
    return sem_post(&sem);
}

static int lock_it(void *unused)
{
    (void)unused;
    errno = UNTOUCHED;
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    return errno == UNTOUCHED;
}

static int wait_for_it(void *unused)
{
    (void)unused;
    errno = UNTOUCHED;
    return sem_wait(&sem) == 0 && errno == UNTOUCHED;
}

// A wait that sleeps keeps it as well.
static void try_sleeping(void)
{
    struct other other;

    other_start(&other);
    mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&mutex);
    other_begin_asleep(&other, lock_it, NULL);
    TRY(pthread_mutex_unlock(&mutex));
    printf("mutex after a wait: untouched %d\n", other_result(&other));
    sem_init(&sem, 0, 0);
    other_begin_asleep(&other, wait_for_it, NULL);
    TRY(post_it(NULL));
    printf("semaphore after a wait: untouched %d\n", other_result(&other));
    other_end(&other);
}

static void try_threads(void)
{
    pthread_t thread;
    void *result;

    TRY(pthread_create(&thread, NULL, return_it, NULL));
    TRY(pthread_join(thread, &result));
    TRY(pthread_once(&once, nothing));
    TRY(pthread_once(&once, nothing));
    TRY(pthread_barrier_init(&barrier, NULL, 1));
    TRY(pthread_barrier_wait(&barrier));
    TRY(pthread_barrier_destroy(&barrier));
    TRY(pthread_spin_init(&spin, 0));
    TRY(pthread_spin_lock(&spin));
    TRY(pthread_spin_trylock(&spin));
    TRY(pthread_spin_unlock(&spin));
    TRY(pthread_spin_destroy(&spin));
    TRY(pthread_cond_init(&cond, NULL));
    TRY(pthread_cond_signal(&cond));
    TRY(pthread_cond_broadcast(&cond));
    TRY(pthread_cond_destroy(&cond));
}

int main(void)
{
    for (int type = PTHREAD_MUTEX_NORMAL; type <= PTHREAD_MUTEX_ERRORCHECK; type++)
        for (int robust = 0; robust < 2; robust++)
            for (int protocol = PTHREAD_PRIO_NONE; protocol <= PTHREAD_PRIO_INHERIT; protocol++)
                try_mutex(type, robust, protocol);
    try_rwlock();
    try_sem();
    try_threads();
    try_sleeping();
    return 0;
}
