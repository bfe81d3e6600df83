// SPDX-License-Identifier: MIT
// Semaphores: results and errno of every operation, errors, signals, and named ones.
// EXPECT: health["complete"]
#include "codes.h"

#include <limits.h>
#include <signal.h>

#define UNTOUCHED 4711

static struct other other;
static sem_t sem;

// The result, errno after it, and the value.
static void print_after(const char *name, int result)
{
    int error = errno, value = -2;

    sem_getvalue(&sem, &value);
    printf("  %s %d %s [%d]", name, result, error == UNTOUCHED ? "untouched" : code(error), value);
    errno = UNTOUCHED;
}

static int op_wait(void *unused)
{
    int result = sem_wait(&sem);

    (void)unused;
    return result == 0 ? 0 : errno;
}

static int op_timed(void *unused)
{
    struct timespec end = from_now(CLOCK_REALTIME, LONG_MS);
    int result = sem_timedwait(&sem, &end);

    (void)unused;
    return result == 0 ? 0 : errno;
}

static int op_clock(void *unused)
{
    struct timespec end = from_now(CLOCK_MONOTONIC, LONG_MS);
    int result = sem_clockwait(&sem, CLOCK_MONOTONIC, &end);

    (void)unused;
    return result == 0 ? 0 : errno;
}

static int (*const operations[])(void *) = {op_wait, op_timed, op_clock};

static const struct timespec times[] = {{0, 0},        {1, 0},          {-1, 0},
                                        {INT_MAX, -1}, {1, 999999999},  {INT_MAX, 1000000000},
                                        {0, 1},        {1, 2000000000L}};

static void try_times(const char *name)
{
    struct timespec end;

    printf("%s:", name);
    for (unsigned i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        print_after("timed", sem_timedwait(&sem, &times[i]));
        print_after("monotonic", sem_clockwait(&sem, CLOCK_MONOTONIC, &times[i]));
        print_after("realtime", sem_clockwait(&sem, CLOCK_REALTIME, &times[i]));
        print_after("invalid", sem_clockwait(&sem, CLOCK_THREAD_CPUTIME_ID, &times[i]));
    }
    end = from_now(CLOCK_REALTIME, SHORT_MS);
    errno = UNTOUCHED;
    print_after("timed", sem_timedwait(&sem, &end));
    end = from_now(CLOCK_MONOTONIC, SHORT_MS);
    errno = UNTOUCHED;
    print_after("clock", sem_clockwait(&sem, CLOCK_MONOTONIC, &end));
    putchar('\n');
}

static void try_values(void)
{
    printf("values:");
    errno = UNTOUCHED;
    print_after("init", sem_init(&sem, 0, 2));
    print_after("wait", sem_wait(&sem));
    print_after("trywait", sem_trywait(&sem));
    print_after("trywait", sem_trywait(&sem));
    print_after("post", sem_post(&sem));
    print_after("post", sem_post(&sem));
    print_after("wait", sem_wait(&sem));
    print_after("destroy", sem_destroy(&sem));
    print_after("init too large", sem_init(&sem, 0, SEM_VALUE_MAX + 1u));
    print_after("init largest", sem_init(&sem, 1, SEM_VALUE_MAX));
    print_after("post", sem_post(&sem));
    print_after("wait", sem_wait(&sem));
    print_after("post", sem_post(&sem));
    print_after("post", sem_post(&sem));
    print_after("destroy", sem_destroy(&sem));
    putchar('\n');
}

static void try_waits(void)
{
    for (int shared = 0; shared < 2; shared++)
        for (int i = 0; i < 3; i++) {
            sem_init(&sem, shared, 0);
            printf("wait %d:", i);
            other_begin_asleep(&other, operations[i], NULL);
            errno = UNTOUCHED;
            printf("  post %d", sem_post(&sem));
            printf(" %s", errno == UNTOUCHED ? "untouched" : "touched");
            printf("  other's wait %s", code(other_result(&other)));
            errno = UNTOUCHED;
            print_after("trywait", sem_trywait(&sem));
            print_after("destroy", sem_destroy(&sem));
            putchar('\n');
        }
}

static volatile sig_atomic_t is_handled;

static void handler(int signal)
{
    (void)signal;
    is_handled = 1;
}

// Without SA_RESTART the wait ends with EINTR, sem_wait with it goes on.
static void try_signals(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
        action.sa_flags = flags;
        sigaction(SIGUSR1, &action, NULL);
        for (int i = 0; i < 3; i++) {
            sem_init(&sem, 0, 0);
            other_begin_asleep(&other, operations[i], NULL);
            is_handled = 0;
            pthread_kill(other.thread, SIGUSR1);
            while (!is_handled)
                sleep_ms(1);
            if (flags == SA_RESTART)
                sem_post(&sem);
            printf("signalled%s: wait %d %s\n", flags ? ", restarts" : "", i,
                   code(other_result(&other)));
        }
    }
}

static void print_named(const char *name, const sem_t *named)
{
    printf("  %s %s", name, named == SEM_FAILED ? code(errno) : "opened");
}

static void try_named(void)
{
    char name[40];
    sem_t *first, *second;

    snprintf(name, sizeof(name), "/gaiaprof-test-%d", (int)getpid());
    printf("named:");
    print_named("none", sem_open(name, 0));
    first = sem_open(name, O_CREAT | O_EXCL, 0600, 1);
    print_named("new", first);
    if (first == SEM_FAILED)
        return;
    print_named("exclusive", sem_open(name, O_CREAT | O_EXCL, 0600, 1));
    second = sem_open(name, O_CREAT, 0600, 7);
    print_named("again", second);
    printf("  the same %d", first == second);
    errno = UNTOUCHED;
    printf("  wait %s", code_errno(sem_wait(first)));
    printf("  trywait %s", code_errno(sem_trywait(second)));
    printf("  post %s", code_errno(sem_post(second)));
    printf("  trywait %s", code_errno(sem_trywait(first)));
    printf("  close %s", code_errno(sem_close(second)));
    printf("  post %s", code_errno(sem_post(first)));
    printf("  close %s", code_errno(sem_close(first)));
    printf("  unlink %s", code_errno(sem_unlink(name)));
    printf("  unlink %s", code_errno(sem_unlink(name)));
    print_named("too large", sem_open(name, O_CREAT, 0600, SEM_VALUE_MAX + 1u));
    print_named("bad", sem_open("/a/b", O_CREAT, 0600, 1));
    putchar('\n');
}

int main(void)
{
    other_start(&other);
    try_values();
    sem_init(&sem, 0, 0);
    try_times("free none");
    sem_init(&sem, 0, 100);
    try_times("free many");
    try_waits();
    try_signals();
    try_named();
    other_end(&other);
    return 0;
}
