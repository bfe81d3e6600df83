// SPDX-License-Identifier: MIT
// A signal comes while a thread waits, and its handler forks: the child goes on from the wait as
// without us, and so does its parent.
// EXPECT: stdout == "ended with 7\n" * 5
// EXPECT: all(r["misuse"] == [] and r["order"] == [] for r in reports)
// EXPECT: [l["waits"] for l in report["locks"] if l["name"] == "never"] == [1]
// EXPECT: lock("held")["timeouts"] == 1 and lock("held")["acquisitions"] == 2
// EXPECT: lock("ready")["acquisitions"] == 1
#include "steps.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/wait.h>

#define CHILD_STATUS 7
#define WAIT_MS 100

pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t never = PTHREAD_COND_INITIALIZER;
pthread_once_t ready = PTHREAD_ONCE_INIT;
sem_t nothing;
static volatile pid_t child;
static atomic_int waiter, is_begun;
static pthread_t main_thread, interrupter;

static void fork_here(int signal)
{
    int saved = errno;

    (void)signal;
    child = fork();
    errno = saved;
}

static void interrupt(void)
{
    await_asleep(&waiter);
    pthread_kill(main_thread, SIGUSR1);
    while (child < 0)
        sleep_ns(POLL_NS);
}

void *interrupt_wait(void *unused)
{
    interrupt();
    return unused;
}

// The child has to do it again.
void initialise(void)
{
    if (child == 0)
        return;
    come(&is_begun);
    interrupt();
}

void *interrupt_once(void *unused)
{
    pthread_once(&ready, initialise);
    return unused;
}

static void wait_semaphore(void)
{
    sem_wait(&nothing);
}

static void wait_condition(void)
{
    struct timespec until = in_ms(CLOCK_REALTIME, WAIT_MS);

    pthread_cond_timedwait(&never, &held, &until);
}

static void wait_mutex(void)
{
    struct timespec until = in_ms(CLOCK_REALTIME, WAIT_MS);

    pthread_mutex_timedlock(&held, &until);
}

static void wait_thread(void)
{
    pthread_join(interrupter, NULL);
}

static void wait_once(void)
{
    pthread_once(&ready, initialise);
}

static void forked_in(void (*wait_in)(void), thread_body other)
{
    int status;

    child = -1;
    waiter = 0;
    interrupter = start(other, NULL);
    if (other == interrupt_once)
        await(&is_begun);
    arrive(&waiter);
    wait_in();
    while (child < 0)
        sleep_ns(POLL_NS);
    if (child == 0)
        _exit(CHILD_STATUS);
    if (wait_in != wait_thread)
        finish(interrupter);
    waitpid(child, &status, 0);
    printf("%s %d\n", WIFEXITED(status) ? "ended with" : "killed by",
           WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

int main(void)
{
    struct sigaction action = {.sa_handler = fork_here};

    setvbuf(stdout, NULL, _IOLBF, 0);
    main_thread = pthread_self();
    sigaction(SIGUSR1, &action, NULL);
    sem_init(&nothing, 0, 0);
    forked_in(wait_semaphore, interrupt_wait);
    pthread_mutex_lock(&held);
    forked_in(wait_condition, interrupt_wait);
    forked_in(wait_mutex, interrupt_wait);
    pthread_mutex_unlock(&held);
    forked_in(wait_thread, interrupt_wait);
    forked_in(wait_once, interrupt_once);
    return 0;
}
