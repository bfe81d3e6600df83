// SPDX-License-Identifier: MIT
// Mutexes with a priority ceiling: what may lock them, at which priority the holder runs, and what
// getting and setting ceilings returns. Without the right to SCHED_FIFO it prints that it has none.
// EXPECT: health["complete"]
#include "mutex_kind.h"

#include <sched.h>

static int set_priority(int policy, int priority)
{
    struct sched_param parameters = {priority};

    return pthread_setschedparam(pthread_self(), policy, &parameters);
}

static int other_priority(void *argument)
{
    return set_priority(SCHED_FIFO, *(int *)argument);
}

// What the kernel runs this thread at.
static int running_at(void)
{
    struct sched_param parameters = {-1};

    sched_getparam(0, &parameters);
    return parameters.sched_priority;
}

static void print_ceiling(void)
{
    int ceiling = -1, result = pthread_mutex_getprioceiling(&mutex, &ceiling);

    printf("  ceiling %s %d", code(result), ceiling);
}

static void print_set(int ceiling)
{
    int old = -1, result = pthread_mutex_setprioceiling(&mutex, ceiling, &old);

    printf("  set %d %s, was %d", ceiling, code(result), old);
}

static void init_ceiling(int type, int ceiling)
{
    pthread_mutexattr_t attributes;

    memset(&mutex, 0, sizeof(mutex));
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    printf("protocol %s", code(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_PROTECT)));
    printf(" ceiling %s", code(pthread_mutexattr_setprioceiling(&attributes, ceiling)));
    printf(" init %s", code(pthread_mutex_init(&mutex, &attributes)));
}

static void print_locked(const char *name, int result)
{
    print_after(name, result);
    printf(" at %d", running_at());
    if (result == 0)
        print_after("unlock", pthread_mutex_unlock(&mutex));
}

// A lock by each operation, from a thread of each priority.
static void try_priorities(int type, int ceiling)
{
    static const int priorities[] = {1, 4, 5, 6, 20};

    printf("%s with %d: ", types[type], ceiling);
    init_ceiling(type, ceiling);
    print_ceiling();
    putchar('\n');
    for (int i = 0; i < 5; i++) {
        struct timespec past = {1, 0};

        printf(" at %d %s:", priorities[i], code(set_priority(SCHED_FIFO, priorities[i])));
        print_locked("lock", pthread_mutex_lock(&mutex));
        print_locked("trylock", pthread_mutex_trylock(&mutex));
        print_locked("timedlock", pthread_mutex_timedlock(&mutex, &past));
        print_locked("clocklock", pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &past));
        printf(" then %d\n", running_at());
    }
    printf(" destroy %s\n", code(pthread_mutex_destroy(&mutex)));
}

static void try_ceilings(int type)
{
    set_priority(SCHED_FIFO, 5);
    printf("ceilings: ");
    init_ceiling(type, 10);
    print_set(20);
    print_ceiling();
    print_set(4);
    print_locked("lock", pthread_mutex_lock(&mutex));
    print_set(0);
    print_set(1000);
    print_set(5);
    print_locked("lock", pthread_mutex_lock(&mutex));
    print_ceiling();
    printf("  destroy %s\n", code(pthread_mutex_destroy(&mutex)));
}

// Another thread waits for it, and gets it when it is given up; both run at the ceiling then.
static void try_contended(int type)
{
    int priority = 7;
    struct timespec end;

    set_priority(SCHED_FIFO, 5);
    printf("contended %s: other %s", types[type],
           code(other_do(&other, other_priority, &priority)));
    putchar(' ');
    init_ceiling(type, 10);
    print_after("lock", pthread_mutex_lock(&mutex));
    print_after("other's trylock", other_do(&other, op_trylock, NULL));
    other_begin_asleep(&other, op_lock, NULL);
    printf("  unlock %s", code(pthread_mutex_unlock(&mutex)));
    print_after("other's lock", other_result(&other));
    end = from_now(CLOCK_REALTIME, SHORT_MS);
    print_after("timedlock", pthread_mutex_timedlock(&mutex, &end));
    printf("  at %d", running_at());
    print_after("destroy", pthread_mutex_destroy(&mutex));
    print_after("other's unlock", other_do(&other, op_unlock, NULL));
    print_after("destroy", pthread_mutex_destroy(&mutex));
    putchar('\n');
}

int main(void)
{
    static const struct kind without[] = {
        {0, 0, PTHREAD_PRIO_NONE, 0}, {0, 0, PTHREAD_PRIO_INHERIT, 0}, {0, 1, 0, 0}};

    for (int i = 0; i < 3; i++) {
        init(&without[i]);
        printf("without ceiling:");
        print_ceiling();
        print_set(5);
        putchar('\n');
    }
    printf("no such ceiling: ");
    init_ceiling(0, 1000);
    putchar('\n');
    if (set_priority(SCHED_FIFO, 1) != 0) {
        puts("no right to a priority");
        return 0;
    }
    other_start(&other);
    for (int type = 0; type < 4; type++) {
        try_priorities(type, 5);
        try_ceilings(type);
        try_contended(type);
    }
    set_priority(SCHED_OTHER, 0);
    other_end(&other);
    return 0;
}
