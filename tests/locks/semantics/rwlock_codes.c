// SPDX-License-Identifier: MIT
// Every operation on a reader-writer lock of every kind in every state, and what a thread that
// waits gets when the lock is given up: codes and the inside of the lock are as without us.
// EXPECT: health["complete"]
#include "codes.h"

#include <limits.h>

enum state { FREE, READ, READ_TWICE, READ_BY_OTHER, READ_BY_BOTH, WRITTEN, WRITTEN_BY_OTHER };

static const char *const states[] = {"free",         "read",    "read twice",      "read by other",
                                     "read by both", "written", "written by other"};
static struct other other, writer;
static pthread_rwlock_t lock;

static int op_rdlock(void *unused)
{
    (void)unused;
    return pthread_rwlock_rdlock(&lock);
}

static int op_tryrdlock(void *unused)
{
    (void)unused;
    return pthread_rwlock_tryrdlock(&lock);
}

static int op_wrlock(void *unused)
{
    (void)unused;
    return pthread_rwlock_wrlock(&lock);
}

static int op_trywrlock(void *unused)
{
    (void)unused;
    return pthread_rwlock_trywrlock(&lock);
}

static int op_unlock(void *unused)
{
    (void)unused;
    return pthread_rwlock_unlock(&lock);
}

// A timed operation: of a clock (-1: without), until when.
struct timed {
    int is_write, clock;
    long ms; // 0: long past
    struct timespec end;
};

static int op_timed(void *argument)
{
    struct timed *timed = argument;
    struct timespec end = timed->end;

    if (timed->ms)
        end =
            from_now(timed->clock == CLOCK_MONOTONIC ? CLOCK_MONOTONIC : CLOCK_REALTIME, timed->ms);
    if (timed->clock == -1)
        return timed->is_write ? pthread_rwlock_timedwrlock(&lock, &end)
                               : pthread_rwlock_timedrdlock(&lock, &end);
    return timed->is_write ? pthread_rwlock_clockwrlock(&lock, timed->clock, &end)
                           : pthread_rwlock_clockrdlock(&lock, timed->clock, &end);
}

static struct timed timeds[] = {
    {0, -1, SHORT_MS, {0, 0}},
    {1, -1, SHORT_MS, {0, 0}},
    {0, -1, 0, {1, 0}},
    {1, -1, 0, {1, 0}},
    {0, -1, 0, {-1, 0}},
    {1, -1, 0, {-1, 0}},
    {0, -1, 0, {INT_MAX, 1000000000}},
    {1, -1, 0, {INT_MAX, 1000000000}},
    {0, -1, 0, {INT_MAX, -1}},
    {1, -1, 0, {INT_MAX, -1}},
    {0, CLOCK_MONOTONIC, SHORT_MS, {0, 0}},
    {1, CLOCK_MONOTONIC, SHORT_MS, {0, 0}},
    {0, CLOCK_REALTIME, SHORT_MS, {0, 0}},
    {1, CLOCK_REALTIME, SHORT_MS, {0, 0}},
    {0, CLOCK_MONOTONIC, 0, {0, 1}},
    {1, CLOCK_MONOTONIC, 0, {0, 1}},
    {0, CLOCK_MONOTONIC, 0, {INT_MAX, 1000000000}},
    {1, CLOCK_MONOTONIC, 0, {INT_MAX, 1000000000}},
    {0, CLOCK_PROCESS_CPUTIME_ID, 0, {INT_MAX, 0}},
    {1, CLOCK_PROCESS_CPUTIME_ID, 0, {INT_MAX, 0}},
};
#define TIMEDS (sizeof(timeds) / sizeof(timeds[0]))

static void init(int kind, int shared)
{
    pthread_rwlockattr_t attributes;

    memset(&lock, 0, sizeof(lock));
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, kind);
    pthread_rwlockattr_setpshared(&attributes, shared);
    if (pthread_rwlock_init(&lock, &attributes) != 0)
        puts("init failed");
}

// The code, and [readers, phase and writer bits, writers waiting, who writes].
static void print_after(const char *name, int result)
{
    int tid = lock.__data.__cur_writer;

    printf("  %s %s [%u %u %u %s]", name, code(result), lock.__data.__readers >> 3,
           lock.__data.__readers & 7, lock.__data.__writers,
           tid == 0            ? "nobody"
           : tid == gettid()   ? "self"
           : tid == other.tid  ? "other"
           : tid == writer.tid ? "writer"
                               : "dead");
}

static void enter(enum state state)
{
    if (state == READ || state == READ_TWICE || state == READ_BY_BOTH)
        op_rdlock(NULL);
    if (state == READ_TWICE)
        op_rdlock(NULL);
    if (state == READ_BY_OTHER || state == READ_BY_BOTH)
        other_do(&other, op_rdlock, NULL);
    if (state == WRITTEN)
        op_wrlock(NULL);
    if (state == WRITTEN_BY_OTHER)
        other_do(&other, op_wrlock, NULL);
    printf(" %s:", states[state]);
}

static void leave(enum state state)
{
    if (state == READ_TWICE)
        print_after("unlock", op_unlock(NULL));
    if (state == READ || state == READ_TWICE || state == READ_BY_BOTH || state == WRITTEN)
        print_after("unlock", op_unlock(NULL));
    if (state == READ_BY_OTHER || state == READ_BY_BOTH || state == WRITTEN_BY_OTHER)
        print_after("other's unlock", other_do(&other, op_unlock, NULL));
    printf("  destroy %s\n", code(pthread_rwlock_destroy(&lock)));
}

static void try_one(const char *name, int (*operation)(void *), void *argument)
{
    int result = operation(argument);

    print_after(name, result);
    if (result == 0)
        print_after("unlock", op_unlock(NULL));
}

static void try_state(enum state state)
{
    enter(state);
    if (state != WRITTEN_BY_OTHER)
        try_one("rdlock", op_rdlock, NULL);
    if (state == FREE || state == WRITTEN)
        try_one("wrlock", op_wrlock, NULL);
    try_one("tryrdlock", op_tryrdlock, NULL);
    try_one("trywrlock", op_trywrlock, NULL);
    leave(state);
    for (unsigned i = 0; i < TIMEDS; i++) {
        char name[40];

        enter(state);
        snprintf(name, sizeof(name), "%s %u", timeds[i].is_write ? "timed write" : "timed read", i);
        try_one(name, op_timed, &timeds[i]);
        leave(state);
    }
}

// The lock is read, and a writer waits: what another reader gets depends on the kind.
static void try_writer_waiting(int kind)
{
    static struct timed longer = {0, -1, LONG_MS, {0, 0}};

    printf(" read with a writer waiting:");
    op_rdlock(NULL);
    other_begin_asleep(&writer, op_wrlock, NULL);
    try_one("tryrdlock", op_tryrdlock, NULL);
    try_one("trywrlock", op_trywrlock, NULL);
    for (unsigned i = 0; i < TIMEDS; i++)
        try_one("timed", op_timed, &timeds[i]);
    if (kind != PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP) {
        print_after("other's rdlock", other_do(&other, op_rdlock, NULL));
        other_do(&other, op_unlock, NULL);
    } else
        other_begin_asleep(&other, op_timed, &longer);
    printf("  unlock %s", code(op_unlock(NULL)));
    // the other reader may have been counted or not
    printf("  writer's wrlock %s", code(other_result(&writer)));
    printf("  writer's wrlock %s", code(other_do(&writer, op_wrlock, NULL)));
    printf("  writer's unlock %s", code(other_do(&writer, op_unlock, NULL)));
    if (kind == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP) {
        printf("  other's timed read %s", code(other_result(&other)));
        other_do(&other, op_unlock, NULL);
    }
    printf("  destroy %s\n", code(pthread_rwlock_destroy(&lock)));
}

// A thread sleeps in each operation until the lock is given up.
static void try_waits(int kind, int shared)
{
    static struct timed longer[] = {{0, -1, LONG_MS, {0, 0}},
                                    {1, -1, LONG_MS, {0, 0}},
                                    {0, CLOCK_MONOTONIC, LONG_MS, {0, 0}},
                                    {1, CLOCK_MONOTONIC, LONG_MS, {0, 0}}};
    static int (*const operations[])(void *) = {op_rdlock, op_wrlock, op_timed,
                                                op_timed,  op_timed,  op_timed};

    for (int i = 0; i < 6; i++)
        for (int is_read = 0; is_read < 2; is_read++) {
            if (is_read && i % 2 == 0)
                continue;
            init(kind, shared);
            printf(" wait %d for a %s:", i, is_read ? "reader" : "writer");
            print_after("lock", is_read ? op_rdlock(NULL) : op_wrlock(NULL));
            other_begin_asleep(&other, operations[i], i < 2 ? NULL : &longer[i - 2]);
            printf("  unlock %s", code(op_unlock(NULL)));
            print_after("waited", other_result(&other));
            print_after("other's unlock", other_do(&other, op_unlock, NULL));
            printf("  destroy %s\n", code(pthread_rwlock_destroy(&lock)));
        }
}

// As many readers as there can be.
static void try_overflow(void)
{
    printf("readers overflow:");
    init(PTHREAD_RWLOCK_PREFER_READER_NP, PTHREAD_PROCESS_PRIVATE);
    lock.__data.__readers = 0x7ffffff8;
    print_after("rdlock", op_rdlock(NULL));
    print_after("tryrdlock", op_tryrdlock(NULL));
    print_after("timedrdlock", op_timed(&timeds[0]));
    print_after("clockrdlock", op_timed(&timeds[10]));
    print_after("trywrlock", op_trywrlock(NULL));
    putchar('\n');
}

static void try_static(void)
{
    static const pthread_rwlock_t initials[] = {PTHREAD_RWLOCK_INITIALIZER,
                                                PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP};

    for (int i = 0; i < 2; i++) {
        lock = initials[i];
        printf("static %d:", i);
        try_one("rdlock", op_rdlock, NULL);
        try_one("wrlock", op_wrlock, NULL);
        try_one("tryrdlock", op_tryrdlock, NULL);
        try_one("trywrlock", op_trywrlock, NULL);
        printf("  destroy %s\n", code(pthread_rwlock_destroy(&lock)));
    }
}

int main(void)
{
    other_start(&other);
    other_start(&writer);
    for (int kind = PTHREAD_RWLOCK_PREFER_READER_NP;
         kind <= PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP; kind++)
        for (int shared = 0; shared < 2; shared++) {
            printf("kind %d, %s\n", kind, shared ? "shared" : "private");
            for (enum state state = FREE; state <= WRITTEN_BY_OTHER; state++) {
                init(kind, shared);
                try_state(state);
            }
            init(kind, shared);
            try_writer_waiting(kind);
            try_waits(kind, shared);
        }
    try_static();
    try_overflow();
    other_end(&writer);
    other_end(&other);
    return 0;
}
