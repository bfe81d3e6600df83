// SPDX-License-Identifier: MIT
//
// lock_kinds - the time of one uncontended use of each kind of lock, by one thread.
//
//   lock_kinds KIND COUNT
//
// A use is lock+unlock, wait+post of a semaphore, or one signal of a condition that nobody waits
// for. nested: a mutex locked and unlocked while another is held, and that one as well, so two
// pairs.
#include "bench.h"

#include <pthread.h>
#include <semaphore.h>
#include <threads.h>

struct kind {
    const char *name;
    void (*use)(long count);
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_spinlock_t spin;
static sem_t semaphore;
static mtx_t c11;

static void use_mutex(long count)
{
    for (long i = 0; i < count; i++) {
        pthread_mutex_lock(&mutex);
        pthread_mutex_unlock(&mutex);
    }
}

static void set_attributes(int type, int robustness)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    pthread_mutexattr_setrobust(&attributes, robustness);
    pthread_mutex_init(&mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

static void use_recursive(long count)
{
    set_attributes(PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED);
    use_mutex(count);
}

static void use_robust(long count)
{
    set_attributes(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST);
    use_mutex(count);
}

static void use_nested(long count)
{
    for (long i = 0; i < count; i++) {
        pthread_mutex_lock(&mutex);
        pthread_mutex_lock(&inner);
        pthread_mutex_unlock(&inner);
        pthread_mutex_unlock(&mutex);
    }
}

static void use_c11(long count)
{
    mtx_init(&c11, mtx_plain);
    for (long i = 0; i < count; i++) {
        mtx_lock(&c11);
        mtx_unlock(&c11);
    }
}

static void use_read(long count)
{
    for (long i = 0; i < count; i++) {
        pthread_rwlock_rdlock(&rwlock);
        pthread_rwlock_unlock(&rwlock);
    }
}

static void use_write(long count)
{
    for (long i = 0; i < count; i++) {
        pthread_rwlock_wrlock(&rwlock);
        pthread_rwlock_unlock(&rwlock);
    }
}

static void use_spin(long count)
{
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    for (long i = 0; i < count; i++) {
        pthread_spin_lock(&spin);
        pthread_spin_unlock(&spin);
    }
}

static void use_semaphore(long count)
{
    sem_init(&semaphore, 0, 1);
    for (long i = 0; i < count; i++) {
        sem_wait(&semaphore);
        sem_post(&semaphore);
    }
}

static void use_signal(long count)
{
    for (long i = 0; i < count; i++)
        pthread_cond_signal(&condition);
}

static const struct kind kinds[] = {
    {"mutex", use_mutex},
    {"recursive", use_recursive},
    {"robust", use_robust},
    {"nested", use_nested},
    {"c11", use_c11},
    {"read", use_read},
    {"write", use_write},
    {"spin", use_spin},
    {"semaphore", use_semaphore},
    {"signal", use_signal},
};

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(name, kinds[i].name))
            return &kinds[i];
    fprintf(stderr, "lock_kinds: %s: no such kind\n", name);
    exit(2);
}

int main(int argc, char **argv)
{
    const struct kind *kind = find_kind(argc > 1 ? argv[1] : "mutex");
    long count = argument(argc, argv, 2, 1000000);
    uint64_t start = now_ns(), cpu_start = cpu_now_ns();

    kind->use(count);
    printf("cpu_ns_per_pair %.3f\n", (double)(cpu_now_ns() - cpu_start) / (double)count);
    printf("ns_per_pair %.3f\n", (double)(now_ns() - start) / (double)count);
    return 0;
}
