// SPDX-License-Identifier: MIT
//
// host.c - a little of everything that makes libgaiaprof.so call the kernel: threads, locks that
// are fought over, more stacks than the first part of a profile holds, blocks of all sizes, a
// library that comes and goes, a child. Its figures are the same in each run. It ends with what a
// host can notice: its descriptors, its errno, its signal mask.
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 3
#define STACK_BITS 5
#define CROWD 24 // each thread has counters of its own in the profile
#define BLOCKS 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int turns;
static void *kept[BLOCKS];
static pthread_barrier_t has_begun;

static void branch(int depth, int path)
{
    if (depth == 0)
        free(malloc(16));
    else if (path & 1)
        branch(depth - 1, path >> 1);
    else
        branch(depth - 1, path >> 1);
}

static void *work(void *argument)
{
    int self = (int)(long)argument;

    for (int round = 0; round < 4; round++) {
        pthread_mutex_lock(&lock);
        turns++;
        usleep(100);
        pthread_mutex_unlock(&lock);
        for (int path = 0; path < 1 << STACK_BITS; path++)
            branch(STACK_BITS + self, path);
    }
    return NULL;
}

static void *stand(void *all)
{
    free(malloc(33));
    pthread_barrier_wait(all);
    return NULL;
}

// All there at the same time.
static void crowd(void)
{
    pthread_t threads[CROWD];
    pthread_barrier_t all;

    pthread_barrier_init(&all, NULL, CROWD);
    for (int i = 0; i < CROWD; i++)
        pthread_create(&threads[i], NULL, stand, &all);
    for (int i = 0; i < CROWD; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&all);
}

static void blocks(void)
{
    for (int i = 0; i < BLOCKS; i++)
        kept[i] = malloc((size_t)17 << (i % 16));
    for (int i = 0; i < BLOCKS; i += 2) {
        free(kept[i]);
        kept[i] = realloc(NULL, 100);
    }
    kept[1] = realloc(kept[1], 100000);
    free(malloc(4 << 20));
}

static void library(void)
{
    void *handle = dlopen(HOST_LIBRARY, RTLD_NOW);
    int (*function)(int) = handle ? (int (*)(int))dlsym(handle, "host_library") : NULL;

    printf("library %d\n", function ? function(3) : -1);
    fflush(stdout);
    if (handle)
        dlclose(handle);
}

static void child(void)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        for (int i = 0; i < 10; i++)
            free(malloc(1000));
        _exit(7);
    }
    printf("child %d\n", waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : -1);
    printf("no other: %d\n", waitpid(-1, &status, 0) == -1 && errno == ECHILD);
}

static void *stay(void *unused)
{
    pthread_barrier_wait(&has_begun);
    pause();
    return unused;
}

// Runs until the process ends, which the report has to see to.
static void leave_one(void)
{
    pthread_t thread;

    pthread_barrier_init(&has_begun, NULL, 2);
    pthread_create(&thread, NULL, stay, NULL);
    pthread_barrier_wait(&has_begun);
}

static void say_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    char target[256];

    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        ssize_t length = readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);

        if (length >= 0 && atoi(entry->d_name) > 2 && atoi(entry->d_name) != dirfd(directory))
            printf("descriptor %s %.*s\n", entry->d_name, (int)length, target);
    }
    if (directory)
        closedir(directory);
}

static void say_signals(void)
{
    sigset_t mask;
    int blocked = 0, handled = 0;

    sigprocmask(SIG_BLOCK, NULL, &mask);
    for (int signal = 1; signal <= SIGRTMAX; signal++) {
        struct sigaction action;

        blocked += sigismember(&mask, signal) == 1;
        if (sigaction(signal, NULL, &action) == 0)
            handled += action.sa_handler != SIG_DFL;
    }
    printf("signals: %d blocked, %d handled\n", blocked, handled);
}

int main(void)
{
    pthread_t threads[THREADS];

    errno = 1234;
    blocks();
    for (long i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, (void *)i);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    crowd();
    printf("errno %d\n", errno);
    library();
    child();
    printf("turns %d\n", turns);
    leave_one();
    say_descriptors();
    say_signals();
    return 3;
}
