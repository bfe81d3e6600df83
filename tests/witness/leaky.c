// SPDX-License-Identifier: MIT
//
// leaky.c - a library that does what ACCUSED says, so that the witness is seen to notice it.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static char signal_stack[65536];

static void handler(int signal)
{
    (void)signal;
}

static void *wait_for_ever(void *unused)
{
    pause();
    return unused;
}

static void leave_child(void)
{
    if (fork() == 0)
        syscall(SYS_exit_group, 0); // past the witness
}

static void start_timer(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    timer_t timer;

    timer_create(CLOCK_MONOTONIC, &event, &timer);
}

static void start_interval_timer(void)
{
    struct itimerval timer = {{1000, 0}, {1000, 0}};

    setitimer(ITIMER_REAL, &timer, NULL);
}

static void block_signal(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static void lower_limit(void)
{
    struct rlimit limit = {0, 0};

    setrlimit(RLIMIT_CORE, &limit);
}

static void start_thread(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, wait_for_ever, NULL);
}

static void set_signal_stack(void)
{
    stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof(signal_stack)};

    sigaltstack(&stack, NULL);
}

static void leave_descriptor(void)
{
    dup(2);
}

static void stop_blocking(void)
{
    fcntl(1, F_SETFL, O_NONBLOCK);
}

static void set_handler(void)
{
    signal(SIGUSR2, handler);
}

static void ignore_signal(void)
{
    signal(SIGUSR2, SIG_IGN);
}

static void change_directory(void)
{
    chdir("/");
}

static void change_umask(void)
{
    umask(0);
}

static void set_variable(void)
{
    setenv("LEFT", "behind", 1);
}

static void be_nice(void)
{
    setpriority(PRIO_PROCESS, 0, 19);
}

static void leave_errno(void)
{
    errno = EXDEV;
}

static const struct {
    const char *name;
    void (*action)(void);
} wrongs[] = {
    {"descriptor", leave_descriptor},
    {"blocking", stop_blocking},
    {"handler", set_handler},
    {"ignored", ignore_signal},
    {"mask", block_signal},
    {"stack", set_signal_stack},
    {"thread", start_thread},
    {"child", leave_child},
    {"limit", lower_limit},
    {"timer", start_timer},
    {"interval", start_interval_timer},
    {"directory", change_directory},
    {"umask", change_umask},
    {"environment", set_variable},
    {"nice", be_nice},
    {"errno", leave_errno},
};

// ACCUSED is "start NAME" or "end NAME".
static void do_wrong(const char *when)
{
    const char *accused = getenv("ACCUSED");
    size_t length = strlen(when);

    for (size_t i = 0; accused && i < sizeof(wrongs) / sizeof(*wrongs); i++)
        if (strncmp(accused, when, length) == 0 && strcmp(accused + length, wrongs[i].name) == 0)
            wrongs[i].action();
}

__attribute__((constructor)) static void at_start(void)
{
    do_wrong("start ");
}

__attribute__((destructor)) static void at_end(void)
{
    do_wrong("end ");
}
