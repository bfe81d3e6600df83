// SPDX-License-Identifier: MIT
// Threads that wait in the kernel hold blocks on their stacks: in read, futex, nanosleep,
// epoll_wait, sem_wait, a condition; and as their argument.
// LEAKS: reachable hold 6 240, reachable argument 1 48, definite lose 7 392
#include "leaks.h"

#include <linux/futex.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>

static SITE void *hold(void)
{
    return malloc(40);
}

static SITE void lose(void)
{
    void *volatile block = malloc(56);

    (void)block;
}

static SITE void wait_in_read(void)
{
    int ends[2];
    char byte;

    pipe(ends);
    read(ends[0], &byte, 1);
}

static SITE void wait_in_futex(void)
{
    static uint32_t word;

    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL);
}

static SITE void wait_in_nanosleep(void)
{
    nanosleep(&(struct timespec){.tv_sec = 1000}, NULL);
}

static SITE void wait_in_epoll(void)
{
    struct epoll_event event;

    epoll_wait(epoll_create1(0), &event, 1, -1);
}

static SITE void wait_in_semaphore(void)
{
    static sem_t never;

    sem_wait(&never);
}

static SITE void wait_in_condition(void)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

    pthread_mutex_lock(&mutex);
    pthread_cond_wait(&condition, &mutex);
}

static void (*const waits[])(void) = {wait_in_read,  wait_in_futex,     wait_in_nanosleep,
                                      wait_in_epoll, wait_in_semaphore, wait_in_condition};

static void *live(void *number)
{
    void *volatile block;

    lose();
    block = hold();
    forget();
    sem_post(&parked_count);
    waits[(intptr_t)number]();
    return block;
}

static SITE void *argument(void)
{
    return malloc(48);
}

static void *live_with_argument(void *block)
{
    lose();
    park();
    return block;
}

static SITE void start(void)
{
    for (intptr_t i = 0; i < 6; i++)
        start_thread(live, (void *)i);
    start_thread(live_with_argument, argument());
}

int main(void)
{
    start();
    wait_until_parked(7);
    forget();
    return 0;
}
