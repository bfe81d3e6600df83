// SPDX-License-Identifier: MIT
// Every operation on a mutex of every kind in every state: the code it returns, and the inside of
// the mutex after it, are as without us.
// EXPECT: health["complete"]
#include "mutex_kind.h"

#include <sched.h>

enum state { FREE, HELD, HELD_BY_OTHER, OWNER_DIED, NOT_RECOVERABLE };

static const char *const states[] = {"free", "held", "held by other", "owner died",
                                     "not recoverable"};

static int op_timed(void *unused)
{
    struct timespec end = from_now(CLOCK_REALTIME, SHORT_MS);

    (void)unused;
    return pthread_mutex_timedlock(&mutex, &end);
}

static int op_timed_past(void *unused)
{
    struct timespec end = {1, 0};

    (void)unused;
    return pthread_mutex_timedlock(&mutex, &end);
}

static int op_timed_before_1970(void *unused)
{
    struct timespec end = {-1, 0};

    (void)unused;
    return pthread_mutex_timedlock(&mutex, &end);
}

static int op_timed_large_nsec(void *unused)
{
    struct timespec end = {INT_MAX, 1000000000};

    (void)unused;
    return pthread_mutex_timedlock(&mutex, &end);
}

static int op_timed_negative_nsec(void *unused)
{
    struct timespec end = {INT_MAX, -1};

    (void)unused;
    return pthread_mutex_timedlock(&mutex, &end);
}

static int op_clock_monotonic(void *unused)
{
    struct timespec end = from_now(CLOCK_MONOTONIC, SHORT_MS);

    (void)unused;
    return pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &end);
}

static int op_clock_monotonic_past(void *unused)
{
    struct timespec end = {0, 1};

    (void)unused;
    return pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &end);
}

static int op_clock_realtime(void *unused)
{
    struct timespec end = from_now(CLOCK_REALTIME, SHORT_MS);

    (void)unused;
    return pthread_mutex_clocklock(&mutex, CLOCK_REALTIME, &end);
}

static int op_clock_large_nsec(void *unused)
{
    struct timespec end = {INT_MAX, 1000000000};

    (void)unused;
    return pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &end);
}

static int op_clock_invalid(void *unused)
{
    struct timespec end = {INT_MAX, 0};

    (void)unused;
    return pthread_mutex_clocklock(&mutex, CLOCK_PROCESS_CPUTIME_ID, &end);
}

static int op_consistent(void *unused)
{
    (void)unused;
    return pthread_mutex_consistent(&mutex);
}

static int op_destroy(void *unused)
{
    (void)unused;
    return pthread_mutex_destroy(&mutex);
}

static const struct operation {
    const char *name;
    int (*call)(void *);
    int acquires;
} operations[] = {
    {"lock", op_lock, 1},
    {"trylock", op_trylock, 1},
    {"timedlock", op_timed, 1},
    {"timedlock past", op_timed_past, 1},
    {"timedlock before 1970", op_timed_before_1970, 1},
    {"timedlock nsec large", op_timed_large_nsec, 1},
    {"timedlock nsec negative", op_timed_negative_nsec, 1},
    {"clocklock monotonic", op_clock_monotonic, 1},
    {"clocklock monotonic past", op_clock_monotonic_past, 1},
    {"clocklock realtime", op_clock_realtime, 1},
    {"clocklock nsec large", op_clock_large_nsec, 1},
    {"clocklock clock invalid", op_clock_invalid, 1},
    {"unlock", op_unlock, 0},
    {"consistent", op_consistent, 0},
    {"destroy", op_destroy, 0},
};
#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static void *lock_and_end(void *unused)
{
    pthread_mutex_lock(&mutex);
    return unused;
}

// Returns 0 once the mutex is in the state.
static int enter(enum state state)
{
    pthread_t thread;
    int result = 0;

    if (state == HELD)
        print_after("lock", result = pthread_mutex_lock(&mutex));
    if (state == HELD_BY_OTHER)
        print_after("other's lock", result = other_do(&other, op_lock, NULL));
    if (state == OWNER_DIED || state == NOT_RECOVERABLE) {
        pthread_create(&thread, NULL, lock_and_end, NULL);
        pthread_join(thread, NULL);
    }
    if (state == NOT_RECOVERABLE) {
        print_after("lock", pthread_mutex_lock(&mutex));
        print_after("unlock", pthread_mutex_unlock(&mutex));
    }
    return result;
}

// What would wait for ever, or leave a thread's robust list or count of ceilings in a bad way.
static int is_possible(const struct kind *kind, enum state state, const struct operation *operation)
{
    int is_relocked =
        kind->type == PTHREAD_MUTEX_RECURSIVE || kind->type == PTHREAD_MUTEX_ERRORCHECK;

    if (state >= OWNER_DIED && (!kind->robust || kind->protocol == PTHREAD_PRIO_PROTECT))
        return 0;
    if (operation->call == op_lock)
        return state != HELD_BY_OTHER && (state != HELD || is_relocked);
    if (operation->call == op_unlock && kind->protocol == PTHREAD_PRIO_PROTECT)
        return state == HELD;
    if (operation->call == op_destroy)
        return !kind->robust || state == FREE;
    return 1;
}

static void leave(enum state state, const struct operation *operation, int result)
{
    int is_acquired = operation->acquires && (result == 0 || result == EOWNERDEAD);

    if (is_acquired && result == EOWNERDEAD)
        print_after("consistent", pthread_mutex_consistent(&mutex));
    if (is_acquired)
        print_after("unlock", pthread_mutex_unlock(&mutex));
    if (state == HELD && (result != 0 || operation->call != op_unlock))
        print_after("unlock", pthread_mutex_unlock(&mutex));
    if (state == HELD_BY_OTHER)
        print_after("other's unlock", other_do(&other, op_unlock, NULL));
    print_after("destroy", pthread_mutex_destroy(&mutex));
}

static void try_all(const struct kind *kind)
{
    for (enum state state = FREE; state <= NOT_RECOVERABLE; state++)
        for (unsigned i = 0; i < OPERATIONS; i++) {
            int result;

            if (!is_possible(kind, state, &operations[i]))
                continue;
            init(kind);
            printf(" %s:", states[state]);
            if (enter(state) == 0) {
                result = operations[i].call(NULL);
                print_after(operations[i].name, result);
                leave(state, &operations[i], result);
            }
            putchar('\n');
        }
}

static int set_scheduler(int policy)
{
    struct sched_param parameters = {policy == SCHED_FIFO};

    return pthread_setschedparam(pthread_self(), policy, &parameters);
}

static int op_set_fifo(void *unused)
{
    (void)unused;
    return set_scheduler(SCHED_FIFO);
}

// Only a thread with a priority of its own can lock a mutex with a ceiling.
static void try_protected(const struct kind *kind)
{
    if (kind->protocol == PTHREAD_PRIO_PROTECT)
        try_all(kind);
}

static void try_fifo(void)
{
    printf("priority of its own: %s", code(set_scheduler(SCHED_FIFO)));
    printf(" %s\n", code(other_do(&other, op_set_fifo, NULL)));
    try_kinds(try_protected);
    printf("no priority: %s\n", code(set_scheduler(SCHED_OTHER)));
}

static void try_static(void)
{
    static const pthread_mutex_t initials[] = {
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP,
        PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP, PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP};

    for (int type = 0; type < 4; type++) {
        printf("static %s:", types[type]);
        mutex = initials[type];
        print_after("lock", pthread_mutex_lock(&mutex));
        print_after("trylock", pthread_mutex_trylock(&mutex));
        print_after("other's trylock", other_do(&other, op_trylock, NULL));
        print_after("other's timedlock", other_do(&other, op_timed, NULL));
        print_after("destroy", pthread_mutex_destroy(&mutex));
        print_after("unlock", pthread_mutex_unlock(&mutex));
        print_after("unlock", pthread_mutex_unlock(&mutex));
        print_after("destroy", pthread_mutex_destroy(&mutex));
        putchar('\n');
    }
}

// Locked as often as can be.
static void try_overflow(void)
{
    for (int protocol = 0; protocol < 2; protocol++)
        for (int robust = 0; robust < 2; robust++) {
            struct kind kind = {PTHREAD_MUTEX_RECURSIVE, robust, protocol, 0};

            printf("count overflows, %s %s:", protocols[protocol], robust ? "robust" : "stalled");
            init(&kind);
            print_after("lock", op_lock(NULL));
            mutex.__data.__count = UINT_MAX;
            print_after("lock", op_lock(NULL));
            print_after("trylock", op_trylock(NULL));
            print_after("timedlock", op_timed(NULL));
            print_after("clocklock", op_clock_monotonic(NULL));
            mutex.__data.__count = 1;
            print_after("unlock", op_unlock(NULL));
            putchar('\n');
        }
}

int main(void)
{
    other_start(&other);
    try_kinds(try_all);
    try_static();
    try_overflow();
    try_fifo();
    other_end(&other);
    return 0;
}
