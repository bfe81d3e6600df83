// SPDX-License-Identifier: MIT
// A forked child's only thread returns or calls pthread_exit: that is not the end of the parent's
// thread of the same memory.
// OPTIONS: report=text:report_file=/dev/null
// EXPECT: len(reports) == 1
// EXPECT: process["exit"] == {"kind": "exited", "status": 0}
// EXPECT: (threads["created"], threads["finished"], threads["running_at_exit"]) == (3, 1, 2)
// main, and the two that wait:
// EXPECT: [r["exit"] for r in threads["records"]].count("process end") == 3
// EXPECT: [r["join"] for r in threads["records"]].count("running") == 3
// EXPECT: [(r["exit"], r["join"]) for r in thread("start_third")] == [("return", "joined")]
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static sem_t forked;

static void finish(int pid)
{
    int status;

    waitpid(pid, &status, 0);
    printf("%d\n", status);
    sem_post(&forked);
}

void *child_returns(void *wait)
{
    int pid = fork();

    if (pid == 0)
        return NULL;
    finish(pid);
    while (wait)
        pause();
    return NULL;
}

void *child_exits(void *wait)
{
    int pid = fork();

    if (pid == 0)
        pthread_exit(NULL);
    finish(pid);
    while (wait)
        pause();
    return NULL;
}

static void start(void *(*routine)(void *))
{
    pthread_t thread;

    pthread_create(&thread, NULL, routine, &forked);
    sem_wait(&forked);
}

void start_third(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, child_exits, NULL);
    pthread_join(thread, NULL);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    sem_init(&forked, 0, 0);
    start(child_returns);
    start(child_exits);
    start_third();
    child_exits(NULL);
    return 0;
}
