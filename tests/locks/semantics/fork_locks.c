// SPDX-License-Identifier: MIT
// pthread_atfork handlers that lock before and unlock after in both processes, while threads use
// the same locks: the child goes on using them, and every code is as without us.
// EXPECT: reports[0]["health"]["complete"]
#include "mutex_kind.h"

#include <sys/wait.h>

#define THREADS 3
#define FORKS 20

static pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER, recursive, errorcheck, robust, inherit;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
static sem_t sem;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int errors, may_end;

static void check(int result)
{
    if (result != 0)
        __atomic_fetch_add(&errors, 1, __ATOMIC_RELAXED);
}

static void lock_all(void)
{
    check(pthread_mutex_lock(&plain));
    check(pthread_mutex_lock(&recursive));
    check(pthread_mutex_lock(&recursive));
    check(pthread_mutex_lock(&errorcheck));
    check(pthread_mutex_lock(&robust));
    check(pthread_mutex_lock(&inherit));
    check(pthread_rwlock_rdlock(&rwlock));
    check(pthread_spin_lock(&spin));
    check(sem_wait(&sem));
}

static void unlock_all(void)
{
    check(sem_post(&sem));
    check(pthread_spin_unlock(&spin));
    check(pthread_rwlock_unlock(&rwlock));
    check(pthread_mutex_unlock(&inherit));
    check(pthread_mutex_unlock(&robust));
    check(pthread_mutex_unlock(&errorcheck));
    check(pthread_mutex_unlock(&recursive));
    check(pthread_mutex_unlock(&recursive));
    check(pthread_mutex_unlock(&plain));
}

// The child has another thread id: of what the parent's thread held, it holds only what does not
// say who holds it.
static void unlock_in_child(void)
{
    char text[400];
    int length = snprintf(text, sizeof(text), "child: %s", code_errno(sem_post(&sem)));

    length += snprintf(text + length, sizeof(text) - length, " spin %s",
                       code(pthread_spin_unlock(&spin)));
    length += snprintf(text + length, sizeof(text) - length, " rwlock %s",
                       code(pthread_rwlock_unlock(&rwlock)));
    length += snprintf(text + length, sizeof(text) - length, " robust %s",
                       code(pthread_mutex_unlock(&robust)));
    length += snprintf(text + length, sizeof(text) - length, " errorcheck %s",
                       code(pthread_mutex_unlock(&errorcheck)));
    length += snprintf(text + length, sizeof(text) - length, " recursive %s",
                       code(pthread_mutex_unlock(&recursive)));
    length += snprintf(text + length, sizeof(text) - length, " plain %s\n",
                       code(pthread_mutex_unlock(&plain)));
    write(STDOUT_FILENO, text, length);
}

static void *use_all(void *unused)
{
    while (!__atomic_load_n(&may_end, __ATOMIC_ACQUIRE)) {
        lock_all();
        unlock_all();
        sched_yield();
    }
    return unused;
}

static void *lock_in_thread(void *unused)
{
    check(pthread_mutex_trylock(&plain) != EBUSY);
    return unused;
}

// In the child: what it holds and waits for works, with a thread of its own too.
static int use_in_child(void)
{
    struct timespec end = from_now(CLOCK_REALTIME, SHORT_MS);
    pthread_t thread;

    errors = 0;
    check(pthread_mutex_lock(&plain));
    check(pthread_create(&thread, NULL, lock_in_thread, NULL));
    check(pthread_join(thread, NULL));
    check(pthread_cond_timedwait(&cond, &plain, &end) != ETIMEDOUT);
    check(pthread_mutex_unlock(&plain));
    check(pthread_rwlock_rdlock(&rwlock));
    check(pthread_rwlock_tryrdlock(&rwlock));
    check(pthread_rwlock_unlock(&rwlock));
    check(pthread_rwlock_unlock(&rwlock));
    check(pthread_rwlock_wrlock(&rwlock));
    check(pthread_rwlock_unlock(&rwlock));
    check(pthread_spin_lock(&spin));
    check(pthread_spin_unlock(&spin));
    check(sem_wait(&sem));
    check(sem_trywait(&sem) != -1 || errno != EAGAIN);
    check(sem_post(&sem));
    return errors;
}

static void fork_often(void)
{
    int worked = 0;

    for (int i = 0; i < FORKS; i++) {
        int status;
        pid_t child = fork();

        if (child == 0)
            _exit(use_in_child());
        waitpid(child, &status, 0);
        worked += status == 0;
    }
    fprintf(stderr, "%d of %d children worked, %d errors\n", worked, FORKS, errors);
}

int main(void)
{
    pthread_t threads[THREADS];
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&recursive, &attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&errorcheck, &attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_NORMAL);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_STALLED);
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&inherit, &attributes);
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    sem_init(&sem, 0, 1);
    printf("atfork %s\n", code(pthread_atfork(lock_all, unlock_all, unlock_in_child)));
    fflush(stdout);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, use_all, NULL);
    fork_often();
    __atomic_store_n(&may_end, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("%d errors\n", errors);
    return 0;
}
