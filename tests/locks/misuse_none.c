// SPDX-License-Identifier: MIT
// Unusual and right: posts by others, a condition destroyed after its broadcast, mutexes unlocked
// in another order, a robust mutex whose owner died, a lock destroyed and its memory used anew,
// locks in shared memory, static locks never destroyed, and held at the end of the process.
// EXPECT: report["misuse"] == [] and report["order"] == []
// EXPECT: health["complete"] and not any(health["dropped"].values())
#include "steps.h"

#include <semaphore.h>
#include <sys/mman.h>

pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER, two = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t kept = PTHREAD_MUTEX_INITIALIZER, mortal;
pthread_mutex_t nested = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
pthread_cond_t changed;
sem_t permits;
static atomic_int tids[2];
static int is_changed;

void *wait_for_change(void *tid)
{
    pthread_mutex_lock(&one);
    arrive(tid);
    while (!is_changed)
        pthread_cond_wait(&changed, &one);
    pthread_mutex_unlock(&one);
    return NULL;
}

// glibc's destroy waits for those who were woken: POSIX allows it at once after the broadcast.
static void condition(void)
{
    pthread_t threads[2];

    pthread_cond_init(&changed, NULL);
    for (int i = 0; i < 2; i++) {
        threads[i] = start(wait_for_change, &tids[i]);
        await_asleep(&tids[i]);
    }
    pthread_mutex_lock(&one);
    is_changed = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&one);
    pthread_cond_destroy(&changed);
    for (int i = 0; i < 2; i++)
        finish(threads[i]);
}

void *post(void *unused)
{
    sem_post(&permits);
    return unused;
}

static void semaphore(void)
{
    sem_init(&permits, 0, 0);
    run_alone(post, NULL);
    sem_wait(&permits);
    sem_destroy(&permits);
}

static void unlock_in_order(void)
{
    pthread_mutex_lock(&one);
    pthread_mutex_lock(&two);
    pthread_mutex_unlock(&one);
    pthread_mutex_unlock(&two);
    pthread_mutex_lock(&nested);
    pthread_mutex_lock(&nested);
    pthread_mutex_unlock(&nested);
    pthread_mutex_unlock(&nested);
}

void *die_with_it(void *unused)
{
    pthread_mutex_lock(&mortal);
    return unused;
}

static void robust(void)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&mortal, &attributes);
    pthread_mutexattr_destroy(&attributes);
    run_alone(die_with_it, NULL);
    pthread_mutex_lock(&mortal);
    pthread_mutex_consistent(&mortal);
    pthread_mutex_unlock(&mortal);
    pthread_mutex_destroy(&mortal);
}

// The same memory: a mutex, an rwlock, a spin lock, a mutex again.
static void use_memory(void *memory)
{
    pthread_mutex_init(memory, NULL);
    pthread_mutex_lock(memory);
    pthread_mutex_unlock(memory);
    pthread_mutex_destroy(memory);
    pthread_rwlock_init(memory, NULL);
    pthread_rwlock_rdlock(memory);
    pthread_rwlock_unlock(memory);
    pthread_rwlock_destroy(memory);
    pthread_spin_init(memory, PTHREAD_PROCESS_PRIVATE);
    pthread_spin_lock(memory);
    pthread_spin_unlock(memory);
    pthread_spin_destroy(memory);
    pthread_mutex_init(memory, NULL);
    pthread_mutex_lock(memory);
    pthread_mutex_unlock(memory);
    pthread_mutex_destroy(memory);
}

int main(void)
{
    void *memory = malloc(256);

    condition();
    semaphore();
    unlock_in_order();
    robust();
    use_memory(memory);
    free(memory);
    memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    use_memory(memory);
    munmap(memory, 4096);
    pthread_mutex_lock(&kept);
    return 0;
}
