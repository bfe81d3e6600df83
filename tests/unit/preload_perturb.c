// SPDX-License-Identifier: MIT
//
// preload_perturb.c - see preload_perturb.h.
#include "tests/unit/preload_perturb.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

void perturb(void);

#define ONE_IN 32 // accesses at which something happens

static __thread uint64_t dice; // 0: not this thread
static __thread unsigned own_number;
static pthread_t joined[PERTURB_THREADS];
static bool is_joined[PERTURB_THREADS];
static pthread_mutex_t joined_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_t interrupter;
static bool is_over;

static void nap(long ns)
{
    nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
}

// One processor, or all: threads meet on it, or run side by side.
static void move(unsigned choice)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    for (unsigned cpu = 0; cpu < 2; cpu++)
        if (choice == 2 || choice == cpu)
            CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof(set), &set);
}

static uint64_t roll(void)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return dice >> 8;
}

void perturb(void)
{
    int saved_errno = errno;
    uint64_t value;

    if (!dice || (value = roll()) % ONE_IN != 0)
        return;
    value /= ONE_IN;
    switch (value % 256) {
    case 0:
        nap(1 + (long)(value / 256 % 50000));
        break;
    case 1:
        move((unsigned)(value / 256 % 3));
        break;
    case 2: // long enough for all others to want what this one holds
        nap(1 + (long)(value / 256 % 500000));
        break;
    default:
        sched_yield();
    }
    errno = saved_errno;
}

static void on_signal(int signal)
{
    int saved_errno = errno;

    (void)signal;
    sched_yield();
    errno = saved_errno;
}

static void *interrupt(void *unused)
{
    (void)unused;
    while (!__atomic_load_n(&is_over, __ATOMIC_ACQUIRE))
        for (unsigned i = 0; i < PERTURB_THREADS; i++) {
            pthread_mutex_lock(&joined_mutex);
            if (is_joined[i])
                pthread_kill(joined[i], SIGUSR2);
            pthread_mutex_unlock(&joined_mutex);
            nap(50000);
        }
    return NULL;
}

void perturb_begin(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    sigaction(SIGUSR2, &action, NULL);
    is_over = false;
    pthread_create(&interrupter, NULL, interrupt, NULL);
}

void perturb_end(void)
{
    __atomic_store_n(&is_over, true, __ATOMIC_RELEASE);
    pthread_join(interrupter, NULL);
}

static void set_joined(unsigned number, bool value)
{
    pthread_mutex_lock(&joined_mutex);
    joined[number] = pthread_self();
    is_joined[number] = value;
    pthread_mutex_unlock(&joined_mutex);
}

void perturb_join(unsigned number)
{
    own_number = number;
    set_joined(number, true);
    dice = UINT64_C(0x9e3779b97f4a7c15) * (number + 1);
}

void perturb_leave(void)
{
    dice = 0;
    set_joined(own_number, false);
    move(2);
}
