// SPDX-License-Identifier: MIT
// C11's threads, mutexes, condition variables, call_once and thread-specific storage: each result.
// EXPECT: health["complete"]
#include "codes.h"

#include <limits.h>
#include <threads.h>

static mtx_t mutex;
static cnd_t condition;
static once_flag once = ONCE_FLAG_INIT;
static tss_t key;
static int is_set, once_count, destructors;
static struct other other;

static const char *result_name(int result)
{
    return result == thrd_success    ? "success"
           : result == thrd_busy     ? "busy"
           : result == thrd_error    ? "error"
           : result == thrd_nomem    ? "nomem"
           : result == thrd_timedout ? "timedout"
                                     : "?";
}

static void print_after(const char *name, int result)
{
    const pthread_mutex_t *inside = (const pthread_mutex_t *)&mutex;
    int owner = inside->__data.__owner;

    printf("  %s %s [%d %s %u %u]", name, result_name(result), inside->__data.__lock != 0,
           owner == 0           ? "nobody"
           : owner == gettid()  ? "self"
           : owner == other.tid ? "other"
                                : "dead",
           inside->__data.__count, inside->__data.__nusers);
}

static int op_lock(void *unused)
{
    (void)unused;
    return mtx_lock(&mutex);
}

static int op_trylock(void *unused)
{
    (void)unused;
    return mtx_trylock(&mutex);
}

static int op_timedlock(void *unused)
{
    struct timespec end = from_now(CLOCK_REALTIME, LONG_MS);

    (void)unused;
    return mtx_timedlock(&mutex, &end);
}

static int op_unlock(void *unused)
{
    (void)unused;
    return mtx_unlock(&mutex);
}

static void try_timed(const struct timespec *end)
{
    int result = mtx_timedlock(&mutex, end);

    print_after("timedlock", result);
    if (result == thrd_success)
        print_after("unlock", mtx_unlock(&mutex));
}

static void try_type(int type)
{
    static const struct timespec past = {1, 0}, bad = {INT_MAX, -1};
    struct timespec end;
    int result = mtx_init(&mutex, type);

    printf("type %d: init %s", type, result_name(result));
    if (result == thrd_success) {
        print_after("lock", mtx_lock(&mutex));
        print_after("other's trylock", other_do(&other, op_trylock, NULL));
        result = mtx_trylock(&mutex);
        print_after("trylock", result);
        if (result == thrd_success)
            print_after("unlock", mtx_unlock(&mutex));
        end = from_now(CLOCK_REALTIME, SHORT_MS);
        try_timed(&end);
        try_timed(&past);
        try_timed(&bad);
        print_after("unlock", mtx_unlock(&mutex));
        print_after("other's lock", other_do(&other, op_lock, NULL));
        print_after("trylock", mtx_trylock(&mutex));
        try_timed(&past);
        try_timed(&bad);
        print_after("other's unlock", other_do(&other, op_unlock, NULL));
        print_after("trylock", mtx_trylock(&mutex));
        other_begin_asleep(&other, type & mtx_timed ? op_timedlock : op_lock, NULL);
        printf("  unlock %s", result_name(mtx_unlock(&mutex)));
        print_after("other's lock", other_result(&other));
        print_after("other's unlock", other_do(&other, op_unlock, NULL));
        mtx_destroy(&mutex);
    }
    putchar('\n');
}

static int op_wait(void *unused)
{
    int result = mtx_lock(&mutex);

    (void)unused;
    while (result == thrd_success && !is_set)
        result = cnd_wait(&condition, &mutex);
    mtx_unlock(&mutex);
    return result;
}

static int op_timedwait(void *unused)
{
    struct timespec end = from_now(CLOCK_REALTIME, LONG_MS);
    int result = mtx_lock(&mutex);

    (void)unused;
    while (result == thrd_success && !is_set)
        result = cnd_timedwait(&condition, &mutex, &end);
    mtx_unlock(&mutex);
    return result;
}

static void try_conditions(void)
{
    struct timespec end = from_now(CLOCK_REALTIME, SHORT_MS), past = {1, 0}, bad = {1, -1};

    printf("condition: init %s %s", result_name(cnd_init(&condition)),
           result_name(mtx_init(&mutex, mtx_plain)));
    print_after("signal", cnd_signal(&condition));
    print_after("broadcast", cnd_broadcast(&condition));
    print_after("lock", mtx_lock(&mutex));
    print_after("timedwait", cnd_timedwait(&condition, &mutex, &end));
    print_after("timedwait", cnd_timedwait(&condition, &mutex, &past));
    print_after("timedwait", cnd_timedwait(&condition, &mutex, &bad));
    print_after("unlock", mtx_unlock(&mutex));
    for (int i = 0; i < 4; i++) {
        is_set = 0;
        other_begin_asleep(&other, i & 1 ? op_wait : op_timedwait, NULL);
        mtx_lock(&mutex);
        is_set = 1;
        printf("  wake %s",
               result_name(i & 2 ? cnd_signal(&condition) : cnd_broadcast(&condition)));
        mtx_unlock(&mutex);
        print_after("woken", other_result(&other));
    }
    cnd_destroy(&condition);
    mtx_destroy(&mutex);
    putchar('\n');
}

static int returning(void *argument)
{
    return (int)(long)argument;
}

static int exiting(void *argument)
{
    thrd_exit((int)(long)argument);
}

static int self_equal(void *argument)
{
    return thrd_equal(thrd_current(), *(thrd_t *)argument) != 0;
}

static int detaching(void *unused)
{
    int result = thrd_detach(thrd_current());

    (void)unused;
    is_set = result == thrd_success ? 1 : 2;
    cnd_signal(&condition);
    return 0;
}

static void try_threads(void)
{
    static const int results[] = {0, 1, -1, INT_MAX, INT_MIN};
    thrd_t thread, self = thrd_current();
    int result;

    for (unsigned i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        void *argument = (void *)(long)results[i];

        printf("thread: %s", result_name(thrd_create(&thread, returning, argument)));
        printf(" join %s", result_name(thrd_join(thread, &result)));
        printf(" %d", result);
        printf(", %s", result_name(thrd_create(&thread, exiting, argument)));
        printf(" join %s", result_name(thrd_join(thread, i & 1 ? NULL : &result)));
        printf(" %d\n", result);
    }
    thrd_create(&thread, self_equal, &self);
    thrd_join(thread, &result);
    printf("equal %d, of another thread %d\n", thrd_equal(self, thrd_current()) != 0, result);
    is_set = 0;
    cnd_init(&condition);
    mtx_init(&mutex, mtx_plain);
    mtx_lock(&mutex);
    thrd_create(&thread, detaching, NULL);
    while (!*(volatile int *)&is_set) {
        struct timespec end = from_now(CLOCK_REALTIME, SHORT_MS);

        cnd_timedwait(&condition, &mutex, &end);
    }
    printf("detach %d\n", is_set);
    mtx_unlock(&mutex);
    thrd_yield();
    printf("sleep %d, %d\n", thrd_sleep(&(struct timespec){0, 1000}, NULL),
           thrd_sleep(&(struct timespec){0, -1}, NULL));
}

static void count_once(void)
{
    sleep_ms(SHORT_MS);
    once_count++;
}

static int call_it_once(void *unused)
{
    (void)unused;
    call_once(&once, count_once);
    return once_count;
}

static void destructor(void *value)
{
    __atomic_fetch_add(&destructors, (int)(long)value, __ATOMIC_RELAXED);
}

static int use_key(void *value)
{
    int was_empty = tss_get(key) == NULL;

    return tss_set(key, value) == thrd_success && was_empty && tss_get(key) == value;
}

static void try_once_and_keys(void)
{
    thrd_t threads[4];
    int result, sum = 0;

    for (int i = 0; i < 4; i++)
        thrd_create(&threads[i], call_it_once, NULL);
    for (int i = 0; i < 4; i++) {
        thrd_join(threads[i], &result);
        sum += result;
    }
    printf("once: %d, seen by %d of 4\n", once_count, sum);
    printf("key: %s", result_name(tss_create(&key, destructor)));
    sum = 0;
    for (int i = 0; i < 4; i++)
        thrd_create(&threads[i], use_key, (void *)(long)(i + 1));
    for (int i = 0; i < 4; i++) {
        thrd_join(threads[i], &result);
        sum += result;
    }
    printf(", %d of 4 used it, destructors added up to %d\n", sum, destructors);
    tss_delete(key);
}

int main(void)
{
    other_start(&other);
    for (int type = 0; type < 8; type++)
        try_type(type);
    try_conditions();
    try_threads();
    try_once_and_keys();
    other_end(&other);
    return 0;
}
