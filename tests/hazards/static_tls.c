// SPDX-License-Identifier: MIT
// A library that is loaded late has thread-local storage of the kind that there is little room
// for: ours leaves it that.
// EXPECT: threads["created"] == 1
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static char *(*thread_storage)(void);

void *work(void *unused)
{
    printf("%d\n", *thread_storage());
    return unused;
}

int main(void)
{
    void *library = dlopen("$ORIGIN/static_tls_library.so", RTLD_NOW);
    pthread_t thread;

    if (!library) {
        puts(dlerror());
        return 1;
    }
    thread_storage = (char *(*)(void))dlsym(library, "thread_storage");
    work(NULL);
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
    return 0;
}
