// SPDX-License-Identifier: MIT
//
// run_signals.c - see run_signals.h.
#include "report/commands/run_signals.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

struct handled {
    int signal;
    bool passed_on;
    struct sigaction before;
};

static struct handled handled[] = {
    {.signal = SIGINT},
    {.signal = SIGQUIT},
    {.signal = SIGTERM, .passed_on = true},
    {.signal = SIGHUP, .passed_on = true},
};
#define HANDLED_COUNT (sizeof(handled) / sizeof(*handled))

static sigset_t mask_before;
static volatile pid_t program;
static volatile sig_atomic_t passed;

static void pass_on(int signal)
{
    int error = errno;
    passed = 1;
    if (program > 0)
        kill(program, signal);
    errno = error;
}

// A signal that was ignored (nohup) stays so, for the program too.
static void set_handler(struct handled *each)
{
    struct sigaction action = {.sa_handler = each->passed_on ? pass_on : SIG_IGN,
                               .sa_flags = SA_RESTART};
    sigaction(each->signal, NULL, &each->before);
    if (!each->passed_on || each->before.sa_handler != SIG_IGN)
        sigaction(each->signal, &action, NULL);
}

void run_signals_prepare(void)
{
    sigset_t passed_on;
    sigemptyset(&passed_on);
    for (size_t i = 0; i < HANDLED_COUNT; i++)
        if (handled[i].passed_on)
            sigaddset(&passed_on, handled[i].signal);
    sigprocmask(SIG_BLOCK, &passed_on, &mask_before);
    for (size_t i = 0; i < HANDLED_COUNT; i++)
        set_handler(&handled[i]);
}

void run_signals_restore(void)
{
    for (size_t i = 0; i < HANDLED_COUNT; i++)
        sigaction(handled[i].signal, &handled[i].before, NULL);
    sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

void run_signals_started(pid_t pid)
{
    program = pid;
    sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

void run_signals_ended(void)
{
    program = 0;
    for (size_t i = 0; i < HANDLED_COUNT; i++)
        if (handled[i].passed_on && !passed)
            sigaction(handled[i].signal, &handled[i].before, NULL);
}
