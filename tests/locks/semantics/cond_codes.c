// SPDX-License-Identifier: MIT
// Condition variables with mutexes of all kinds: codes of waiting, timing out and being woken, and
// that the mutex is held after each, as without us.
// EXPECT: health["complete"]
#include "mutex_kind.h"

#define WAITERS 4

static pthread_cond_t cond;
static int is_set, awake;

static int op_wait(void *unused)
{
    int result;

    (void)unused;
    pthread_mutex_lock(&mutex);
    do
        result = pthread_cond_wait(&cond, &mutex);
    while (result == 0 && !is_set);
    awake++;
    return result;
}

static int op_timed(void *unused)
{
    struct timespec end = from_now(CLOCK_REALTIME, LONG_MS);
    int result;

    (void)unused;
    pthread_mutex_lock(&mutex);
    do
        result = pthread_cond_timedwait(&cond, &mutex, &end);
    while (result == 0 && !is_set);
    awake++;
    return result;
}

static int op_clock(void *unused)
{
    struct timespec end = from_now(CLOCK_MONOTONIC, LONG_MS);
    int result;

    (void)unused;
    pthread_mutex_lock(&mutex);
    do
        result = pthread_cond_clockwait(&cond, &mutex, CLOCK_MONOTONIC, &end);
    while (result == 0 && !is_set);
    awake++;
    return result;
}

static int (*const operations[])(void *) = {op_wait, op_timed, op_clock};

static const struct until {
    clockid_t clock;
    long ms;
    struct timespec end;
} untils[] = {{CLOCK_REALTIME, SHORT_MS, {0, 0}},
              {CLOCK_MONOTONIC, SHORT_MS, {0, 0}},
              {CLOCK_REALTIME, 0, {1, 0}},
              {CLOCK_MONOTONIC, 0, {0, 1}},
              {CLOCK_REALTIME, 0, {-1, 0}},
              {CLOCK_REALTIME, 0, {INT_MAX, -1}},
              {CLOCK_MONOTONIC, 0, {INT_MAX, 1000000000}},
              {CLOCK_THREAD_CPUTIME_ID, 0, {INT_MAX, 0}}};

// Every wait that ends by itself, the mutex locked as often as asked.
static void try_timeouts(int depth)
{
    for (int i = 0; i < depth; i++)
        print_after("lock", pthread_mutex_lock(&mutex));
    for (unsigned i = 0; i < sizeof(untils) / sizeof(untils[0]); i++) {
        const struct until *until = &untils[i];
        struct timespec end = until->ms ? from_now(until->clock, until->ms) : until->end;

        if (until->clock == CLOCK_REALTIME)
            print_after("timedwait", pthread_cond_timedwait(&cond, &mutex, &end));
        print_after("clockwait", pthread_cond_clockwait(&cond, &mutex, until->clock, &end));
        print_after("other's trylock", other_do(&other, op_trylock, NULL));
    }
    for (int i = 0; i < depth; i++)
        print_after("unlock", pthread_mutex_unlock(&mutex));
    putchar('\n');
}

static void try_woken(int is_broadcast)
{
    for (int i = 0; i < 3; i++) {
        is_set = 0;
        other_begin_asleep(&other, operations[i], NULL);
        pthread_mutex_lock(&mutex);
        is_set = 1;
        printf("  wake %s",
               code(is_broadcast ? pthread_cond_broadcast(&cond) : pthread_cond_signal(&cond)));
        printf("  unlock %s", code(pthread_mutex_unlock(&mutex)));
        print_after("woken", other_result(&other));
        print_after("trylock", pthread_mutex_trylock(&mutex));
        print_after("other's unlock", other_do(&other, op_unlock, NULL));
    }
    putchar('\n');
}

static void try_kind(const struct kind *kind)
{
    // a ceiling needs a priority; mutex_codes has it
    if (kind->protocol == PTHREAD_PRIO_PROTECT)
        return;
    printf(" cond init %s\n", code(pthread_cond_init(&cond, NULL)));
    try_timeouts(1);
    if (kind->type == PTHREAD_MUTEX_RECURSIVE)
        try_timeouts(2);
    try_woken(0);
    try_woken(1);
    printf(" destroy %s %s\n", code(pthread_cond_destroy(&cond)),
           code(pthread_mutex_destroy(&mutex)));
}

// The mutex is not the waiter's, or not locked at all.
static void try_not_owned(void)
{
    static const struct kind kinds[] = {{PTHREAD_MUTEX_ERRORCHECK, 0, 0, 0},
                                        {PTHREAD_MUTEX_RECURSIVE, 0, 0, 0},
                                        {PTHREAD_MUTEX_ERRORCHECK, 1, 0, 0},
                                        {PTHREAD_MUTEX_ERRORCHECK, 0, 1, 0}};

    for (int i = 0; i < 4; i++) {
        struct timespec end = from_now(CLOCK_REALTIME, LONG_MS);

        init(&kinds[i]);
        pthread_cond_init(&cond, NULL);
        printf("not owned:");
        print_after("wait", pthread_cond_wait(&cond, &mutex));
        print_after("other's lock", other_do(&other, op_lock, NULL));
        print_after("wait", pthread_cond_wait(&cond, &mutex));
        print_after("timedwait", pthread_cond_timedwait(&cond, &mutex, &end));
        print_after("clockwait", pthread_cond_clockwait(&cond, &mutex, CLOCK_REALTIME, &end));
        print_after("other's unlock", other_do(&other, op_unlock, NULL));
        putchar('\n');
    }
}

static void *lock_and_end(void *unused)
{
    pthread_mutex_lock(&mutex);
    is_set = 1;
    pthread_cond_signal(&cond);
    return unused;
}

// The waiter is woken by a thread that dies with the mutex.
static void try_owner_dies(void)
{
    for (int i = 0; i < 3; i++) {
        struct kind kind = {PTHREAD_MUTEX_NORMAL, 1, i & 1, 0};
        pthread_t thread;

        init(&kind);
        pthread_cond_init(&cond, NULL);
        is_set = 0;
        other_begin_asleep(&other, operations[i], NULL);
        pthread_create(&thread, NULL, lock_and_end, NULL);
        pthread_join(thread, NULL);
        printf("owner dies:");
        print_after("woken", other_result(&other));
        print_after("other's unlock", other_do(&other, op_unlock, NULL));
        print_after("lock", pthread_mutex_lock(&mutex));
        putchar('\n');
    }
}

static void *wait_thread(void *operation)
{
    int result = operations[(long)operation](NULL);

    pthread_mutex_unlock(&mutex);
    return (void *)(long)result;
}

// Broadcast wakes all, signals as many as there are wake all too.
static void try_many(int is_broadcast)
{
    static const struct kind kind;
    pthread_t threads[WAITERS];
    void *results[WAITERS];

    init(&kind);
    pthread_cond_init(&cond, NULL);
    is_set = awake = 0;
    for (int i = 0; i < WAITERS; i++)
        pthread_create(&threads[i], NULL, wait_thread, (void *)(long)(i % 3));
    sleep_ms(SHORT_MS);
    pthread_mutex_lock(&mutex);
    is_set = 1;
    if (is_broadcast)
        pthread_cond_broadcast(&cond);
    for (int i = 0; i < WAITERS && !is_broadcast; i++)
        pthread_cond_signal(&cond);
    pthread_mutex_unlock(&mutex);
    // a thread that came late
    for (int i = 0; i < WAITERS; i++)
        while (pthread_tryjoin_np(threads[i], &results[i]) != 0)
            pthread_cond_broadcast(&cond);
    printf("%d of %d awake:", awake, WAITERS);
    for (int i = 0; i < WAITERS; i++)
        printf(" %s", code((int)(long)results[i]));
    printf(", destroy %s\n", code(pthread_cond_destroy(&cond)));
}

static void try_attributes(void)
{
    for (int shared = 0; shared < 2; shared++) {
        static const struct kind kind;
        pthread_condattr_t attributes;
        struct timespec monotonic, realtime = from_now(CLOCK_REALTIME, SHORT_MS);

        pthread_condattr_init(&attributes);
        printf("setclock %s", code(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)));
        printf(" %s", code(pthread_condattr_setclock(&attributes, CLOCK_THREAD_CPUTIME_ID)));
        pthread_condattr_setpshared(&attributes, shared);
        printf(" init %s", code(pthread_cond_init(&cond, &attributes)));
        init(&kind);
        print_after("lock", pthread_mutex_lock(&mutex));
        monotonic = from_now(CLOCK_MONOTONIC, SHORT_MS);
        print_after("timedwait", pthread_cond_timedwait(&cond, &mutex, &monotonic));
        print_after("clockwait", pthread_cond_clockwait(&cond, &mutex, CLOCK_REALTIME, &realtime));
        print_after("unlock", pthread_mutex_unlock(&mutex));
        printf("  signal %s", code(pthread_cond_signal(&cond)));
        printf("  broadcast %s\n", code(pthread_cond_broadcast(&cond)));
        try_woken(shared);
        printf(" destroy %s\n", code(pthread_cond_destroy(&cond)));
    }
}

int main(void)
{
    other_start(&other);
    try_kinds(try_kind);
    try_not_owned();
    try_owner_dies();
    try_many(1);
    try_many(0);
    try_attributes();
    other_end(&other);
    return 0;
}
