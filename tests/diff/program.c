// SPDX-License-Identifier: MIT
//
// program.c - built twice; the second build (IS_NEW) has its functions in other lines and at other
// addresses, and does some things more or less often. diff_test.py knows how often.
#include "../await.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))
#ifdef IS_NEW
#define OLD_NEW(old, new) (new)
//
// Lines that move what follows,
//
// and code that does:
static volatile int moved;
NOINLINE static void move_code(int by)
{
    for (int i = 0; i < by; i++)
        moved += moved * i + by;
}
#else
#define OLD_NEW(old, new) (old)
NOINLINE static void move_code(int by)
{
    (void)by;
}
#endif

static void *volatile sink;

NOINLINE static void use(size_t bytes, void *block)
{
    sink = block;
    memset(block, 1, bytes);
    free(block);
}

NOINLINE static void unchanged(void)
{
    use(100, malloc(100));
}

NOINLINE static void grown(void)
{
    use(200, malloc(200));
}

NOINLINE static void shrunk(void)
{
    use(300, malloc(300));
}

#ifdef IS_NEW
NOINLINE static void appeared(void)
{
    use(64, malloc(64));
}
#else
NOINLINE static void gone(void)
{
    use(128, malloc(128));
}
#endif

// From two lines, which the new build has both moved.
NOINLINE static void two_lines(void)
{
    use(10, malloc(10));
    use(10, malloc(20));
}

NOINLINE static void leaked(void)
{
    sink = malloc(1000);
    sink = NULL;
}

static void *thread_main(void *argument)
{
    return argument;
}

NOINLINE static void create_thread(int join)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, thread_main, NULL) == 0 && join)
        pthread_join(thread, NULL);
}

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t barrier;

static void *contender_main(void *argument)
{
    pthread_barrier_wait(&barrier);
    pthread_mutex_lock(&guard); // for as long as main holds it
    pthread_mutex_unlock(&guard);
    return argument;
}

NOINLINE static void contend(void)
{
    pthread_t thread;
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_mutex_lock(&guard);
    if (pthread_create(&thread, NULL, contender_main, NULL) != 0)
        abort();
    pthread_barrier_wait(&barrier);
    await_contended(&guard);
    usleep(50000);
    pthread_mutex_unlock(&guard);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&barrier);
}

static void repeat(int count, void (*function)(void))
{
    for (int i = 0; i < count; i++)
        function();
}

int main(int argc, char **argv)
{
    int extra = argc > 1 ? atoi(argv[1]) : 0; // blocks, so that runs differ
    move_code(argc);
    repeat(10 + extra, unchanged);
    repeat(OLD_NEW(10, 30), grown);
    repeat(OLD_NEW(25, 5), shrunk);
#ifdef IS_NEW
    repeat(7, appeared);
#else
    repeat(6, gone);
#endif
    repeat(4, two_lines);
    repeat(OLD_NEW(1, 3), leaked);
    for (int i = 0; i < OLD_NEW(1, 4); i++)
        create_thread(1);
    repeat(OLD_NEW(1, 2), contend);
    return 0;
}
