// SPDX-License-Identifier: MIT
//
// moment.c - ends in a given way at a given event, with 8 threads at work on the heap, a lock, ever
// new stacks and new threads:
//
//   moment COUNTS WAY EVENT
//
// COUNTS is an existing file: struct counts, of what each thread has begun and has done of each
// kind. What a profile says must lie between the two. WAY: kill, segv, abort, _exit, exec,
// exec_fails, fork_exec, main_exits.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 8
#define ROUNDS 250
#define DEPTH 16
#define BLOCK_BYTES 1237 // nobody else asks for as much

enum { ALLOCATIONS, FREES, ACQUISITIONS, CREATIONS, KINDS };

struct counts {
    uint64_t begun[THREADS][KINDS], done[THREADS][KINDS];
    uint64_t events;
};

static struct counts *counts;
static const char *way;
static uint64_t last_event;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void go_on(void)
{
    static char name[] = "/proc/self/exe", after[] = "after";

    execl(name, name, after, (char *)NULL);
    _exit(9);
}

static void fork_exec(void)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0)
        go_on();
    if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 5)
        _exit(8);
}

static void end(void)
{
    if (!strcmp(way, "kill"))
        kill(getpid(), SIGKILL);
    else if (!strcmp(way, "segv"))
        *(volatile int *)16 = 0;
    else if (!strcmp(way, "abort"))
        abort();
    else if (!strcmp(way, "_exit"))
        _exit(5);
    else if (!strcmp(way, "exec"))
        go_on();
    else if (!strcmp(way, "exec_fails"))
        execl("/nonexistent", "x", (char *)NULL);
    else if (!strcmp(way, "fork_exec"))
        fork_exec();
}

static void event(void)
{
    if (__atomic_add_fetch(&counts->events, 1, __ATOMIC_RELAXED) == last_event)
        end();
}

#define BEGIN(self, kind)                                                                          \
    __atomic_store_n(&counts->begun[self][kind], counts->begun[self][kind] + 1, __ATOMIC_RELEASE)
#define DONE(self, kind)                                                                           \
    __atomic_store_n(&counts->done[self][kind], counts->done[self][kind] + 1, __ATOMIC_RELEASE)

static void *allocate(int self)
{
    void *block;

    BEGIN(self, ALLOCATIONS);
    block = malloc(BLOCK_BYTES);
    DONE(self, ALLOCATIONS);
    event();
    return block;
}

static void release(int self, void *block)
{
    BEGIN(self, FREES);
    free(block);
    DONE(self, FREES);
    event();
}

// Another stack for each path.
static void *branch(int self, int depth, unsigned path)
{
    if (depth == 0)
        return allocate(self);
    if (path & 1)
        return branch(self, depth - 1, path >> 1);
    return branch(self, depth - 1, path >> 1);
}

static void *visit(void *unused)
{
    event();
    return unused;
}

static void create(int self)
{
    pthread_t thread;

    BEGIN(self, CREATIONS);
    if (pthread_create(&thread, NULL, visit, NULL) != 0)
        return; // EAGAIN: another thread is in exec
    DONE(self, CREATIONS);
    pthread_join(thread, NULL);
}

static void take_lock(int self)
{
    BEGIN(self, ACQUISITIONS);
    pthread_mutex_lock(&lock);
    DONE(self, ACQUISITIONS);
    event();
    pthread_mutex_unlock(&lock);
}

static void *work(void *argument)
{
    int self = (int)(long)argument;
    void *kept = NULL;

    for (unsigned round = 0; round < ROUNDS; round++) {
        void *block = branch(self, DEPTH, (round * THREADS + (unsigned)self) * 40503u);

        take_lock(self);
        if (kept)
            release(self, kept);
        kept = block;
        if (round % 16 == (unsigned)self)
            create(self);
    }
    return NULL;
}

static void map_counts(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);

    counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (counts == MAP_FAILED)
        _exit(77);
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];

    if (argc == 2)
        return 5; // after an exec
    if (argc != 4)
        return 2;
    map_counts(argv[1]);
    way = argv[2];
    last_event = strtoull(argv[3], NULL, 10);
    for (long i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, (void *)i);
    if (!strcmp(way, "main_exits")) {
        while (__atomic_load_n(&counts->events, __ATOMIC_RELAXED) < last_event)
            usleep(10);
        pthread_exit(NULL);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
