// SPDX-License-Identifier: MIT
//
// fork_in_handler.h - the program of fork_in_handler.c and fork_in_handler_followed.c.
#ifndef FORK_IN_HANDLER_H
#define FORK_IN_HANDLER_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CHILDREN
#define CHILDREN 200
#endif
#define MORE_WORK 100 // of a child

static volatile int children, is_child;
static void *volatile block;

static void interrupt_soon(void)
{
    static unsigned number = 7;
    struct itimerval once = {{0, 0}, {0, 100}};

    number = number * 1103515245 + 12345;
    once.it_value.tv_usec += number >> 16 & 127;
    setitimer(ITIMER_REAL, &once, NULL);
}

static void on_alarm(int signal)
{
    (void)signal;
    if (children == CHILDREN) // the loop has been left
        return;
    children++;
    if (fork() == 0)
        is_child = 1;
    else
        interrupt_soon();
}

__attribute__((noinline)) void work(void)
{
    block = malloc(100);
    free(block);
}

int main(void)
{
    long worked = 0, failed = 0, left = MORE_WORK;
    int status;

    signal(SIGALRM, on_alarm);
    interrupt_soon();
    for (; is_child || children < CHILDREN; worked++) {
        work();
        if (is_child && left-- == 0)
            exit(0);
    }
    signal(SIGALRM, SIG_IGN);
    while (wait(&status) > 0)
        failed += status != 0;
    printf("%ld", worked);
    return failed > 0;
}

#endif
