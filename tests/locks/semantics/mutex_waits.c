// SPDX-License-Identifier: MIT
// A thread waits for a mutex of every kind with lock, timedlock and clocklock, and gets it when the
// holder unlocks, or dies, or leaves it not recoverable: the code and the inside of the mutex.
// EXPECT: health["complete"]
#include "mutex_kind.h"

#include <stdatomic.h>

static atomic_int may_end;

static int op_timed(void *unused)
{
    struct timespec end = from_now(CLOCK_REALTIME, LONG_MS);

    (void)unused;
    return pthread_mutex_timedlock(&mutex, &end);
}

static int op_clock(void *unused)
{
    struct timespec end = from_now(CLOCK_MONOTONIC, LONG_MS);

    (void)unused;
    return pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &end);
}

static int op_consistent(void *unused)
{
    (void)unused;
    return pthread_mutex_consistent(&mutex);
}

static const struct operation {
    const char *name;
    int (*call)(void *);
} operations[] = {{"lock", op_lock}, {"timedlock", op_timed}, {"clocklock", op_clock}};

static void *lock_and_die(void *unused)
{
    sem_t *locked = unused;

    pthread_mutex_lock(&mutex);
    sem_post(locked);
    while (!atomic_load(&may_end))
        sleep_ms(1);
    return NULL;
}

// Ends with the mutex held by the other thread or by nobody.
static void print_waited(const struct operation *operation)
{
    int result = other_result(&other);

    print_after(operation->name, result);
    if (result == EOWNERDEAD)
        print_after("other's consistent", other_do(&other, op_consistent, NULL));
    if (result != 0 && result != EOWNERDEAD)
        return;
    print_after("trylock", pthread_mutex_trylock(&mutex));
    print_after("other's unlock", other_do(&other, op_unlock, NULL));
}

static void unlocked_by_holder(const struct operation *operation)
{
    int result = pthread_mutex_lock(&mutex);

    printf(" unlocked:");
    print_after("lock", result);
    if (result == 0) {
        other_begin_asleep(&other, operation->call, NULL);
        printf("  unlock %s", code(pthread_mutex_unlock(&mutex)));
        print_waited(operation);
    }
    print_after("destroy", pthread_mutex_destroy(&mutex));
    putchar('\n');
}

static void holder_dies(const struct operation *operation)
{
    pthread_t thread;
    sem_t locked;

    printf(" holder dies:");
    sem_init(&locked, 0, 0);
    atomic_store(&may_end, 0);
    pthread_create(&thread, NULL, lock_and_die, &locked);
    sem_wait(&locked);
    other_begin_asleep(&other, operation->call, NULL);
    atomic_store(&may_end, 1);
    pthread_join(thread, NULL);
    print_waited(operation);
    print_after("destroy", pthread_mutex_destroy(&mutex));
    putchar('\n');
}

static void not_recoverable(const struct operation *operation)
{
    pthread_t thread;
    sem_t locked;

    printf(" not recoverable:");
    sem_init(&locked, 0, 0);
    atomic_store(&may_end, 1);
    pthread_create(&thread, NULL, lock_and_die, &locked);
    pthread_join(thread, NULL);
    print_after("lock", pthread_mutex_lock(&mutex));
    other_begin_asleep(&other, operation->call, NULL);
    printf("  unlock %s", code(pthread_mutex_unlock(&mutex)));
    print_waited(operation);
    putchar('\n');
}

static void try_all(const struct kind *kind)
{
    for (int i = 0; i < 3; i++) {
        init(kind);
        unlocked_by_holder(&operations[i]);
        if (!kind->robust)
            continue;
        init(kind);
        holder_dies(&operations[i]);
        init(kind);
        not_recoverable(&operations[i]);
    }
}

int main(void)
{
    other_start(&other);
    try_kinds(try_all);
    other_end(&other);
    return 0;
}
