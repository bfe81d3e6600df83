// SPDX-License-Identifier: MIT
// A process with busy threads is stopped and continued by another one, many times: it is told of
// each by its handler, and everything is counted.
// EXPECT: stdout == "20 stops, continued\n" and threads["finished"] == 3
// EXPECT: site("work")["allocations"] == 30000 == site("work")["frees"]
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define STOPS 20

static volatile sig_atomic_t continued;
static int may_end;

static void handler(int signal)
{
    (void)signal;
    continued++;
}

static void *work(void *unused)
{
    for (int i = 0; i < 10000; i++)
        free(malloc(10));
    while (!__atomic_load_n(&may_end, __ATOMIC_RELAXED))
        usleep(100);
    return unused;
}

// The status is the number of stops it has seen.
static void control(pid_t process)
{
    int stops = 0;

    for (int i = 0; i < STOPS; i++) {
        stops += kill(process, SIGSTOP) == 0;
        usleep(1000);
        kill(process, SIGCONT);
        usleep(1000);
    }
    _exit(stops);
}

int main(void)
{
    pthread_t threads[3];
    pid_t self = getpid();
    int status = 0;

    signal(SIGCONT, handler);
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    if (fork() == 0)
        control(self);
    wait(&status);
    __atomic_store_n(&may_end, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    printf("%d stops, %s\n", WEXITSTATUS(status), continued > 0 ? "continued" : "?");
    return 0;
}
