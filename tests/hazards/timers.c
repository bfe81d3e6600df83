// SPDX-License-Identifier: MIT
// Every kind of timer, with signals, threads of libc's making and descriptors, while the program
// allocates: each fires, and those helper threads are met as they come.
// WITNESS: without threads
// EXPECT: stdout == "real, virtual, prof, posix, thread, descriptor\n" and health["complete"]
// EXPECT: site("in_thread")["allocations"] >= 1 and site("in_handler")["allocations"] >= 1
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t fired[NSIG];
static int in_thread_count, posix_timer_count;
static timer_t posix_timers[2];
static volatile sig_atomic_t may_allocate;

static void in_handler(void)
{
    free(malloc(40));
}

static void handler(int signal)
{
    fired[signal]++;
    if (may_allocate) // elsewhere libc may be in its malloc
        in_handler();
}

static void in_thread(union sigval value)
{
    (void)value;
    free(malloc(50));
    __atomic_fetch_add(&in_thread_count, 1, __ATOMIC_RELAXED);
}

static void start_interval(int which, int signal_number)
{
    struct itimerval each = {{0, 2000}, {0, 2000}};

    signal(signal_number, handler);
    setitimer(which, &each, NULL);
}

static void start_posix(int notify, int signal_number)
{
    struct sigevent event = {.sigev_notify = notify, .sigev_signo = signal_number};
    struct itimerspec each = {{0, 2000000}, {0, 2000000}};

    signal(signal_number, handler);
    event.sigev_notify_function = in_thread;
    timer_create(CLOCK_MONOTONIC, &event, &posix_timers[posix_timer_count]);
    timer_settime(posix_timers[posix_timer_count++], 0, &each, NULL);
}

static int start_descriptor(void)
{
    struct itimerspec each = {{0, 2000000}, {0, 2000000}};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

    timerfd_settime(fd, 0, &each, NULL);
    return fd;
}

static void stop(void)
{
    const struct itimerval never = {{0, 0}, {0, 0}};

    setitimer(ITIMER_REAL, &never, NULL);
    setitimer(ITIMER_VIRTUAL, &never, NULL);
    setitimer(ITIMER_PROF, &never, NULL);
    timer_delete(posix_timers[0]);
    timer_delete(posix_timers[1]);
}

static int is_done(void)
{
    return fired[SIGALRM] && fired[SIGVTALRM] && fired[SIGPROF] && fired[SIGUSR1] &&
           __atomic_load_n(&in_thread_count, __ATOMIC_RELAXED);
}

int main(void)
{
    uint64_t expirations = 0;
    int fd = start_descriptor();

    start_interval(ITIMER_REAL, SIGALRM);
    start_interval(ITIMER_VIRTUAL, SIGVTALRM);
    start_interval(ITIMER_PROF, SIGPROF);
    start_posix(SIGEV_SIGNAL, SIGUSR1);
    start_posix(SIGEV_THREAD, SIGUSR2);
    while (!is_done()) {
        free(malloc(10));
        may_allocate = 1;
        for (volatile int i = 0; i < 100000; i++)
            continue;
        may_allocate = 0;
    }
    stop();
    printf("real, virtual, prof, posix, thread, %s\n",
           read(fd, &expirations, sizeof(expirations)) > 0 ? "descriptor" : "?");
    return 0;
}
