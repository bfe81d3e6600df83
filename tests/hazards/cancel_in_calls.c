// SPDX-License-Identifier: MIT
// Deferred cancellation, in calls that wait: clean-up handlers run, give back what the thread held,
// and its joiner is told.
// EXPECT: site("hold")["allocations"] == 5 == site("hold")["frees"]
// EXPECT: [r["exit"] for r in threads["records"] if r["serial"] != 1] == ["cancelled"] * 5
// EXPECT: stdout == "read cancelled, pause cancelled, nanosleep cancelled, poll cancelled, test cancelled\n5\n"
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int ends[2], cleaned;
static sem_t started;

static void in_read(void)
{
    char byte;

    read(ends[0], &byte, 1);
}

static void in_pause(void)
{
    pause();
}

static void in_sleep(void)
{
    nanosleep(&(struct timespec){1000, 0}, NULL);
}

static void in_poll(void)
{
    poll(NULL, 0, -1);
}

static void in_test(void)
{
    for (;;) {
        free(malloc(10));
        pthread_testcancel();
    }
}

static void *hold(void)
{
    return malloc(100);
}

static void clean_up(void *block)
{
    free(block);
    cleaned++;
}

static void *work(void *argument)
{
    pthread_cleanup_push(clean_up, hold());
    sem_post(&started);
    (*(void (**)(void))argument)();
    pthread_cleanup_pop(1);
    return NULL;
}

static void try_one(const char *name, void (*wait_in)(void), char end)
{
    pthread_t thread;
    void *result = NULL;

    pthread_create(&thread, NULL, work, &wait_in);
    sem_wait(&started);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    printf("%s %s%s", name, result == PTHREAD_CANCELED ? "cancelled" : "returned",
           end == ',' ? ", " : "\n");
}

int main(void)
{
    pipe(ends);
    sem_init(&started, 0, 0);
    try_one("read", in_read, ',');
    try_one("pause", in_pause, ',');
    try_one("nanosleep", in_sleep, ',');
    try_one("poll", in_poll, ',');
    try_one("test", in_test, '.');
    printf("%d\n", cleaned);
    return 0;
}
