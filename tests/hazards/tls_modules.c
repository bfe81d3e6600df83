// SPDX-License-Identifier: MIT
// Many libraries with thread-local storage come and go while threads use theirs: the loader
// allocates each thread's at its first use and frees it, in our hooks, also when the thread ends.
// EXPECT: threads["created"] == 4 and health["complete"]
// EXPECT: heap["mismatches"] == []
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#define LIBRARIES 24
#define THREADS 4

static char *(*thread_storage[LIBRARIES])(void);
static void *libraries[LIBRARIES];
static pthread_barrier_t barrier;

static void copy(const char *from, const char *to)
{
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT, 0700);

    while (sendfile(out, in, NULL, 1 << 20) > 0)
        ;
    close(in);
    close(out);
}

static void load(int i)
{
    char name[32];

    snprintf(name, sizeof(name), "./copy_%d.so", i);
    libraries[i] = dlopen(name, RTLD_NOW);
    thread_storage[i] = (char *(*)(void))dlsym(libraries[i], "thread_storage");
}

static int touch(void)
{
    int sum = 0;

    for (int i = 0; i < LIBRARIES; i++)
        sum += *thread_storage[i]();
    return sum;
}

void *work(void *sum)
{
    *(int *)sum = touch();
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier); // half of them have been unloaded and loaded again
    *(int *)sum += touch();
    return sum;
}

static void make_libraries(char *program)
{
    char library[4096], name[32];

    *strrchr(program, '/') = '\0';
    snprintf(library, sizeof(library), "%s/tls_modules_library.so", program);
    for (int i = 0; i < LIBRARIES; i++) {
        snprintf(name, sizeof(name), "copy_%d.so", i);
        copy(library, name);
        load(i);
    }
}

static void load_half_again(void)
{
    for (int i = 0; i < LIBRARIES; i += 2)
        dlclose(libraries[i]);
    for (int i = 0; i < LIBRARIES; i += 2)
        load(i);
}

int main(int count, char **arguments)
{
    pthread_t threads[THREADS];
    int sums[THREADS];

    (void)count;
    make_libraries(arguments[0]);
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, &sums[i]);
    pthread_barrier_wait(&barrier);
    load_half_again();
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        printf("%d\n", sums[i]);
    }
    return 0;
}
