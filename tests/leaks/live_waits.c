// SPDX-License-Identifier: MIT
// Threads for live.py that wait in every call that may return EINTR: none may, as the program gets
// no signal. A time-out must come, and not early. Ends when its input does.
#include "leaks.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

struct wait {
    const char *name;
    long (*call)(void);
    bool returns;
};

static int ends[2], semaphores, queue;
static uint32_t word;

static long wait_epoll(void)
{
    struct epoll_event event;
    static int epoll;

    epoll = epoll ? epoll : epoll_create1(0);
    return epoll_wait(epoll, &event, 1, -1);
}

static long wait_semop(void)
{
    return semop(semaphores, &(struct sembuf){.sem_op = -1}, 1);
}

static long wait_signal(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    return sigwaitinfo(&set, NULL);
}

static long wait_signal_timed(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    return sigtimedwait(&set, NULL, &(struct timespec){.tv_sec = 1000});
}

static long wait_read(void)
{
    char byte;

    return read(ends[0], &byte, 1);
}

static long wait_poll(void)
{
    return poll(&(struct pollfd){.fd = ends[0], .events = POLLIN}, 1, -1);
}

static long wait_select(void)
{
    return select(0, NULL, NULL, NULL, NULL);
}

static long wait_nanosleep(void)
{
    return nanosleep(&(struct timespec){.tv_sec = 1000}, NULL);
}

static long wait_pause(void)
{
    return pause();
}

static long wait_futex(void)
{
    return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL);
}

static long wait_message(void)
{
    char room[64];

    return msgrcv(queue, room, 8, 0, 0);
}

static long wait_inotify(void)
{
    static int notify;
    char room[256];

    notify = notify ? notify : inotify_init1(0);
    return read(notify, room, sizeof(room));
}

static long wait_receive(void)
{
    static int pair[2];
    struct timeval limit = {.tv_sec = 1000};
    char byte;

    if (!pair[0]) {
        socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
        setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    }
    return recv(pair[0], &byte, 1, 0);
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * (int64_t)1000000000 + now.tv_nsec;
}

static long not_early(int64_t begin_ns, long result)
{
    if (result != 0 || now_ns() - begin_ns >= 50000000)
        return result;
    errno = ETIME;
    return -1;
}

static long sleep_shortly(void)
{
    int64_t begin_ns = now_ns();

    return not_early(begin_ns, nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL));
}

static long poll_shortly(void)
{
    int64_t begin_ns = now_ns();

    return not_early(begin_ns, poll(NULL, 0, 50));
}

static long wait_epoll_shortly(void)
{
    struct epoll_event event;
    int64_t begin_ns = now_ns();
    static int epoll;

    epoll = epoll ? epoll : epoll_create1(0);
    return not_early(begin_ns, epoll_wait(epoll, &event, 1, 50));
}

static const struct wait waits[] = {
    {"epoll_wait", wait_epoll, false},    {"semop", wait_semop, false},
    {"sigwaitinfo", wait_signal, false},  {"sigtimedwait", wait_signal_timed, false},
    {"read", wait_read, false},           {"poll", wait_poll, false},
    {"select", wait_select, false},       {"nanosleep", wait_nanosleep, false},
    {"pause", wait_pause, false},         {"futex", wait_futex, false},
    {"msgrcv", wait_message, false},      {"read of inotify", wait_inotify, false},
    {"recv", wait_receive, false},        {"a short nanosleep", sleep_shortly, true},
    {"a short poll", poll_shortly, true}, {"a short epoll_wait", wait_epoll_shortly, true},
};

static void *wait_for_ever(void *number)
{
    const struct wait *wait = &waits[(intptr_t)number];

    sem_post(&parked_count);
    for (;;) {
        long result = wait->call();

        if (result < 0 && errno == EIDRM) // the program ends
            pause();
        if (result != 0 || !wait->returns) {
            dprintf(STDOUT_FILENO, "%s returned %ld: %s\n", wait->name, result, strerror(errno));
            _exit(1);
        }
    }
    return NULL;
}

static SITE void lose(void)
{
    void *volatile block = malloc(40);

    (void)block;
}

static SITE void make_objects(void)
{
    semaphores = semget(IPC_PRIVATE, 1, 0600);
    queue = msgget(IPC_PRIVATE, 0600);
    pipe(ends);
}

static SITE void remove_objects(void)
{
    semctl(semaphores, 0, IPC_RMID);
    msgctl(queue, IPC_RMID, NULL);
}

int main(void)
{
    const int count = sizeof(waits) / sizeof(waits[0]);
    sigset_t set;
    char byte;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    make_objects();
    for (intptr_t i = 0; i < count; i++)
        start_thread(wait_for_ever, (void *)i);
    wait_until_parked(count);
    usleep(50000);
    lose();
    forget();
    write(STDOUT_FILENO, "ready\n", 6);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    remove_objects();
    _exit(0);
}
