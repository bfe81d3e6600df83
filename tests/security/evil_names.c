// SPDX-License-Identifier: MIT
//
// evil_names.c - names that speak to a terminal, to a CI system, to formats of lines: of a file, a
// thread, a lock, and (by objcopy, in the test) of functions. Every view has something to say.
#include <pthread.h>
#include <stdlib.h>

static void *volatile kept;
pthread_mutex_t evil_lock = PTHREAD_MUTEX_INITIALIZER;

#line 1 "/tmp/\033[31m;\n::error::evil\r%0A.c"
__attribute__((noinline)) void evil_function(void)
{
    kept = malloc(4321);
    kept = malloc(1234);
    kept = NULL;
}

__attribute__((noinline)) void evil_lockers(void)
{
    pthread_mutex_lock(&evil_lock);
    evil_function();
    pthread_mutex_unlock(&evil_lock);
}

static void *named(void *argument)
{
    pthread_setname_np(pthread_self(), "\033]0;x\a\n\x9b::");
    evil_lockers();
    return argument;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, named, NULL);
    pthread_mutex_lock(&evil_lock);
    pthread_mutex_unlock(&evil_lock);
    free(malloc(1));
    free(kept);
    return pthread_join(thread, NULL);
}
