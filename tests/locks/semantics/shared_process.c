// SPDX-License-Identifier: MIT
// Mutex, reader-writer and spin lock, condition, semaphore and barrier in memory shared by parent
// and child, and a robust mutex whose child died with it.
// EXPECT: reports[0]["health"]["complete"]
#include "codes.h"

#include <sys/mman.h>
#include <sys/wait.h>

#define ROUNDS 2000

struct shared {
    pthread_mutex_t mutex, robust, inherit;
    pthread_rwlock_t rwlock;
    pthread_spinlock_t spin;
    pthread_cond_t cond;
    pthread_barrier_t barrier;
    sem_t sem, answer;
    long mutex_count, rwlock_count, spin_count, sem_count, inherit_count;
    int turn, serials, errors;
};

static void init_mutex(pthread_mutex_t *mutex, int robust, int protocol)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, robust);
    pthread_mutexattr_setprotocol(&attributes, protocol);
    printf(" %s", code(pthread_mutex_init(mutex, &attributes)));
}

static void init(struct shared *shared)
{
    pthread_rwlockattr_t rwlock;
    pthread_condattr_t cond;
    pthread_barrierattr_t barrier;

    printf("init");
    init_mutex(&shared->mutex, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
    init_mutex(&shared->robust, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_NONE);
    init_mutex(&shared->inherit, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_INHERIT);
    pthread_rwlockattr_init(&rwlock);
    pthread_rwlockattr_setpshared(&rwlock, PTHREAD_PROCESS_SHARED);
    printf(" %s", code(pthread_rwlock_init(&shared->rwlock, &rwlock)));
    pthread_condattr_init(&cond);
    pthread_condattr_setpshared(&cond, PTHREAD_PROCESS_SHARED);
    printf(" %s", code(pthread_cond_init(&shared->cond, &cond)));
    pthread_barrierattr_init(&barrier);
    pthread_barrierattr_setpshared(&barrier, PTHREAD_PROCESS_SHARED);
    printf(" %s", code(pthread_barrier_init(&shared->barrier, &barrier, 2)));
    printf(" %s", code(pthread_spin_init(&shared->spin, PTHREAD_PROCESS_SHARED)));
    printf(" %s", code_errno(sem_init(&shared->sem, 1, 1)));
    printf(" %s\n", code_errno(sem_init(&shared->answer, 1, 0)));
}

// Every result must be 0.
static void check(struct shared *shared, int result)
{
    if (result != 0)
        __atomic_fetch_add(&shared->errors, 1, __ATOMIC_RELAXED);
}

static void count_all(struct shared *shared)
{
    for (int i = 0; i < ROUNDS; i++) {
        check(shared, pthread_mutex_lock(&shared->mutex));
        shared->mutex_count++;
        check(shared, pthread_mutex_unlock(&shared->mutex));
        check(shared, pthread_mutex_lock(&shared->inherit));
        shared->inherit_count++;
        check(shared, pthread_mutex_unlock(&shared->inherit));
        check(shared, pthread_rwlock_wrlock(&shared->rwlock));
        shared->rwlock_count++;
        check(shared, pthread_rwlock_unlock(&shared->rwlock));
        check(shared, pthread_rwlock_rdlock(&shared->rwlock));
        check(shared, pthread_rwlock_unlock(&shared->rwlock));
        check(shared, pthread_spin_lock(&shared->spin));
        shared->spin_count++;
        check(shared, pthread_spin_unlock(&shared->spin));
        check(shared, sem_wait(&shared->sem));
        shared->sem_count++;
        check(shared, sem_post(&shared->sem));
    }
}

static void take_turns(struct shared *shared, int first)
{
    for (int i = first; i < 200; i += 2) {
        check(shared, pthread_mutex_lock(&shared->mutex));
        while (shared->turn != i)
            check(shared, pthread_cond_wait(&shared->cond, &shared->mutex));
        shared->turn++;
        check(shared,
              i & 4 ? pthread_cond_signal(&shared->cond) : pthread_cond_broadcast(&shared->cond));
        check(shared, pthread_mutex_unlock(&shared->mutex));
    }
    for (int i = 0; i < 100; i++) {
        int result = pthread_barrier_wait(&shared->barrier);

        if (result == PTHREAD_BARRIER_SERIAL_THREAD)
            __atomic_fetch_add(&shared->serials, 1, __ATOMIC_RELAXED);
        else
            check(shared, result);
    }
}

// Ends with the robust mutex held, when the parent waits for it or before.
static void die_with_it(struct shared *shared, int parent_waits)
{
    check(shared, pthread_mutex_lock(&shared->robust));
    sem_post(&shared->answer);
    if (parent_waits)
        await_sleep(getppid());
    _exit(parent_waits ? 8 : 9);
}

static void try_robust(struct shared *shared, int parent_waits)
{
    pid_t child = fork();
    int status;

    if (child == 0)
        die_with_it(shared, parent_waits);
    while (sem_wait(&shared->answer) != 0)
        ;
    if (!parent_waits)
        waitpid(child, &status, 0);
    printf("robust: lock %s", code(pthread_mutex_lock(&shared->robust)));
    printf(" trylock %s", code(pthread_mutex_trylock(&shared->robust)));
    printf(" consistent %s", code(pthread_mutex_consistent(&shared->robust)));
    printf(" unlock %s", code(pthread_mutex_unlock(&shared->robust)));
    printf(" lock %s", code(pthread_mutex_lock(&shared->robust)));
    printf(" unlock %s", code(pthread_mutex_unlock(&shared->robust)));
    if (parent_waits)
        waitpid(child, &status, 0);
    printf(" child %d\n", WEXITSTATUS(status));
}

int main(void)
{
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child;
    int status;

    init(shared);
    fflush(stdout);
    child = fork();
    count_all(shared);
    take_turns(shared, child == 0);
    if (child == 0)
        _exit(7);
    waitpid(child, &status, 0);
    printf("counted %ld %ld %ld %ld %ld, child %d\n", shared->mutex_count, shared->inherit_count,
           shared->rwlock_count, shared->spin_count, shared->sem_count, WEXITSTATUS(status));
    printf("%d turns, %d serial of 100, %d errors\n", shared->turn, shared->serials,
           shared->errors);
    fflush(stdout);
    try_robust(shared, 0);
    fflush(stdout);
    try_robust(shared, 1);
    printf("destroy %s", code(pthread_mutex_destroy(&shared->mutex)));
    printf(" %s", code(pthread_mutex_destroy(&shared->robust)));
    printf(" %s", code(pthread_mutex_destroy(&shared->inherit)));
    printf(" %s", code(pthread_rwlock_destroy(&shared->rwlock)));
    printf(" %s", code(pthread_cond_destroy(&shared->cond)));
    printf(" %s", code(pthread_barrier_destroy(&shared->barrier)));
    printf(" %s", code(pthread_spin_destroy(&shared->spin)));
    printf(" %s\n", code_errno(sem_destroy(&shared->sem)));
    return 0;
}
