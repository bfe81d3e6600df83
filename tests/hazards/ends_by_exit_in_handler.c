// SPDX-License-Identifier: MIT
// Handlers end the process, by _exit, wherever they interrupt it: within our hooks, within libc. No
// child hangs, each has its status, and each of their profiles is complete.
// OPTIONS: follow=fork
// EXPECT: sorted(r["process"]["exit"]["status"] for r in reports) == [0] + [6] * 8
// EXPECT: stdout == "8 ended by the handler\n"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 8

static void handler(int signal)
{
    (void)signal;
    _exit(6);
}

static void work(int depth)
{
    free(malloc((size_t)depth + 1));
    if (depth > 0)
        work(depth - 1);
}

static void child(int number)
{
    struct itimerval timer = {{0, 0}, {0, 200 + number * 97 % 3000}};
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

    signal(SIGALRM, handler);
    setitimer(ITIMER_REAL, &timer, NULL);
    for (int depth = 0;; depth = (depth + 7) % 60) {
        pthread_mutex_lock(&mutex);
        work(depth);
        pthread_mutex_unlock(&mutex);
    }
}

int main(void)
{
    int ended = 0;

    for (int i = 0; i < CHILDREN; i++) {
        pid_t pid = fork();
        int status = 0;

        if (pid == 0)
            child(i);
        waitpid(pid, &status, 0);
        ended += WIFEXITED(status) && WEXITSTATUS(status) == 6;
    }
    printf("%d ended by the handler\n", ended);
    return 0;
}
