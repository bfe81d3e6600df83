// SPDX-License-Identifier: MIT
//
// untouched.c - descriptors, errno and the signal mask stay the program's own while a handler
// interrupts it all the time, allocates, and jumps away.
#include "shape.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static sigjmp_buf back;
static volatile sig_atomic_t handled, may_jump;

static void handle(int signal)
{
    char *volatile block = malloc(32);

    (void)signal;
    free(block);
    handled++;
    if (may_jump && handled % 3 == 0)
        siglongjmp(back, 1);
}

static int count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int count = 0;

    while (directory && readdir(directory))
        count++;
    closedir(directory);
    return count;
}

// The next number is what it is in a program with one thread.
static void check_numbers(int expected)
{
    for (int i = 0; i < 20000; i++) {
        char *volatile block = malloc(48);
        int fd = open("/dev/null", O_RDONLY);

        free(block);
        if (fd != expected) {
            say("descriptor", (uint64_t)fd);
            exit(1);
        }
        close(fd);
    }
}

static void check_errno(void)
{
    uint64_t until_ns = clock_now_ns() + 50 * UINT64_C(1000000);

    while (clock_now_ns() < until_ns) {
        errno = EXDEV;
        char *volatile block = malloc(48);
        free(block);
        if (errno != EXDEV) {
            say("errno", (uint64_t)errno);
            exit(1);
        }
    }
}

int main(void)
{
    const struct itimerval each_ms = {{0, 500}, {0, 500}};
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    int before = count_descriptors(), next = open("/dev/null", O_RDONLY);
    uint64_t until_ns;
    sigset_t mask;

    close(next);
    check_errno();
    check_numbers(next);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &each_ms, NULL);
    until_ns = clock_now_ns() + 150 * UINT64_C(1000000);
    sigsetjmp(back, 1);
    may_jump = 1;
    while (clock_now_ns() < until_ns || handled < 20) {
        char *volatile block = malloc(16);

        free(block);
    }
    may_jump = 0;
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    if (sigismember(&mask, SIGALRM) || sigismember(&mask, SIGUSR1))
        say("mask", 1);
    if (count_descriptors() != before)
        say("descriptors", (uint64_t)count_descriptors());
    say("jumped", (uint64_t)handled);
    churn_ms(20);
    return 0;
}
