// SPDX-License-Identifier: MIT
//
// hostile.c - names that want to be markup: of a file, a thread, and (by objcopy, in the test) of a
// function.
#include <pthread.h>
#include <stdlib.h>

static void *volatile kept;

static void *named(void *argument)
{
    pthread_setname_np(pthread_self(), "</script><b>\"'");
    return argument;
}

#line 1 "</script><img src=x onerror=window.hacked=1>.c"
__attribute__((noinline)) static void evil_function(void)
{
    kept = malloc(4321);
}

int main(void)
{
    pthread_t thread;
    evil_function();
    pthread_create(&thread, NULL, named, NULL);
    return pthread_join(thread, NULL);
}
